/** The tenants of this dialect (filestack §0): a key of a project that has a `filestack:` section. */
import type { FileRecord } from '../../catalog/files.ts'
import type { Directory, FilestackSettings, Key, Project } from '../../catalog/model.ts'

export type App = { readonly project: Project; readonly key: Key; readonly settings: FilestackSettings }

/** The app of an API key; nothing for keys of other dialects and of projects that this dialect does not answer for. */
export function findApp(directory: Directory, publicKey: string): App | undefined {
  const owner = directory.byPublicKey(publicKey)
  return owner === undefined ? undefined : appWith(owner.project, owner.key)
}

/** The app that a stored file belongs to: under the key it came in by while that is there, else under the project's first. */
export function appOf(directory: Directory, file: FileRecord): App | undefined {
  const project = directory.project(file.project)
  const key = project?.keys.find(({ publicKey }) => publicKey === file.apiKey)
  return project && ((key && appWith(project, key)) ?? appOfProject(directory, project.id))
}

/** The app of a host that is bound to a project. */
export function appOfProject(directory: Directory, id: string): App | undefined {
  const project = directory.project(id)
  const key = project?.keys.find(serves)
  return project && key && appWith(project, key)
}

/** Keys whose secrets sign policies of an app. */
export function keysOf({ project }: App): readonly Key[] {
  return project.keys.filter(serves)
}

function appWith(project: Project, key: Key): App | undefined {
  const settings = project.settings.filestack
  return settings === undefined || !serves(key) ? undefined : { project, key, settings }
}

function serves({ dialects }: Key): boolean {
  return dialects.length === 0 || dialects.includes('filestack')
}
