/** From what a request names to where it lies: stored files, objects behind storage aliases, URLs (filestack §4.1, §6). */
import type { FileRecord } from '../../../catalog/files.ts'
import type { SourceRef } from '../../../plan/plan.ts'
import { type App, appOf } from '../app.ts'
import { NO_FILE, refusing } from '../faults.ts'
import { findFile } from '../file.ts'
import { inferNames } from '../names.ts'
import { sourceOf } from '../sources.ts'
import type { Wanted, Work } from './order.ts'
import { handleOfLink } from './own-urls.ts'
import type { One } from './source-text.ts'

export type Located =
  | { readonly kind: 'file'; readonly ref: SourceRef; readonly name: string; readonly file: FileRecord }
  /** `url` is what policies look at. */
  | { readonly kind: 'object'; readonly ref: SourceRef; readonly name: string; readonly url: string }
  | {
      readonly kind: 'web'
      readonly ref: SourceRef
      readonly name: string
      readonly url: string
      readonly headers?: Readonly<Record<string, string>>
    }

/** The app that a request is about: that of its key, else that of the file. Fault with status 404 or 400. */
export async function appFor(work: Work, source: One): Promise<App> {
  if (source.kind !== 'handle') throw refusing({ status: 400, message: 'an API key is needed for sources elsewhere' })
  return (await findFile(work.context, work.door, source.handle)).app
}

/**
 * Where a source lies. Fault with status 404 for a handle that is unknown or another project's, 400 for an alias that is not configured.
 * Links of this server to files of the same project are those files.
 */
export async function locate(work: Work, app: App, { source, headers }: Wanted): Promise<Located> {
  switch (source.kind) {
    case 'handle':
      return stored(app, (await findFile(work.context, work.door, source.handle)).file)
    case 'alias':
      return behindAlias(app, source)
    case 'url': {
      const { url } = source
      const linked = handleOfLink(work.context.publicUrl(), url)
      const file = linked === undefined ? undefined : await work.context.uploads.find(linked)
      if (file !== undefined && appOf(work.context.directory, file)?.project.id === app.project.id) {
        return stored(app, file)
      }
      const { filename } = inferNames({ from: 'url', url })
      const sent = headers !== undefined && Object.keys(headers).length > 0 ? { headers } : {}
      return { kind: 'web', ref: { kind: 'url', url, ...sent }, name: filename, url, ...sent }
    }
  }
}

function stored({ project }: App, file: FileRecord): Located {
  if (file.project !== project.id) throw refusing(NO_FILE)
  return { kind: 'file', ref: sourceOf(project, file), name: file.filename, file }
}

function behindAlias({ settings }: App, { alias, path }: Extract<One, { readonly kind: 'alias' }>): Located {
  const place = Object.hasOwn(settings.aliases, alias) ? settings.aliases[alias] : undefined
  if (place === undefined) throw refusing({ status: 400, message: 'there is no such storage alias' })
  const folder = place.prefix.replace(/^\/+|\/+$/g, '')
  const key = path.replace(/^\/+/, '')
  const { filename } = inferNames({ from: 'raw', path: key })
  return {
    kind: 'object',
    ref: { kind: 'object', connection: place.connection, key: folder === '' ? key : `${folder}/${key}` },
    name: filename,
    url: `src://${alias}/${path}`,
  }
}
