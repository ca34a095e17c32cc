import type { Connection, Project } from '../catalog/model.ts'
import { Fault } from '../faults.ts'
import type { Desk, Ports } from './ports.ts'
import { table } from './table.ts'

/** Options that every managing command has. */
export type Common = { readonly config?: string; readonly json?: boolean; readonly project?: string }

/** Opens the desk for one command and closes it whatever happens. */
export async function withDesk<T>(ports: Ports, options: Common, use: (desk: Desk) => Promise<T>): Promise<T> {
  const desk = await ports.open(options.config === undefined ? {} : { config: options.config })
  try {
    return await use(desk)
  } finally {
    await desk.close()
  }
}

/** The project a command is about: the named one, or the only one. Fault not-found, bad-parameter when it is not clear. */
export function projectOf(desk: Desk, options: Common): Project {
  const projects = desk.projects()
  const names = projects.map(({ id }) => id).join(', ')
  if (options.project !== undefined) {
    const named = projects.find(({ id }) => id === options.project)
    if (named !== undefined) return named
    throw new Fault(
      'not-found',
      `no project “${options.project}”; there ${projects.length === 0 ? 'is none yet' : `are: ${names}`}`,
    )
  }
  const [only, ...others] = projects
  if (only === undefined)
    throw new Fault('not-found', 'there is no project yet: make one with `key add --project NAME`')
  if (others.length > 0) throw new Fault('bad-parameter', `say which project with --project: ${names}`)
  return only
}

/** The connection with this alias. Fault not-found. */
export function connectionOf(project: Project, alias: string): Connection {
  const connection = project.connections.find((candidate) => candidate.alias === alias)
  if (connection !== undefined) return connection
  throw new Fault('not-found', `project “${project.id}” has no connection “${alias}”`)
}

/** Prints an answer: as JSON for programs, else as text for people. */
export function answer(ports: Ports, options: Common, value: unknown, text: () => string): void {
  ports.terminal.out(`${options.json === true ? JSON.stringify(value, null, 2) : text()}\n`)
}

/** Prints a list: as JSON, as a table, or as one sentence when it is empty. */
export function answerList<T>(
  ports: Ports,
  options: Common,
  items: readonly T[],
  show: { readonly heading: readonly string[]; readonly row: (item: T) => readonly string[]; readonly empty: string },
): void {
  answer(ports, options, items, () => (items.length === 0 ? show.empty : table(show.heading, items.map(show.row))))
}
