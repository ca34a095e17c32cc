/** Environment + `tintype.yaml` → one typed, validated configuration, or every mistake at once. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Check } from 'typebox/value'
import { crossCheck } from './cross-checks.ts'
import { type Environment, overrides } from './environment.ts'
import { ConfigError, formatPath, type Mistake, type Path } from './mistakes.ts'
import { normalise } from './normalise.ts'
import { type Config, configSchema } from './schema.ts'
import { readValue } from './walk.ts'
import { parseYaml, type YamlTree } from './yaml-tree.ts'

export { jsonSchema } from './json-schema.ts'
export { ConfigError, formatConfigErrors, type Mistake } from './mistakes.ts'
export type { Config, ConnectionConfig, ProjectConfig } from './schema.ts'

/** A file above this size is no configuration but a mix-up. */
const LARGEST_FILE = 4 * 1024 * 1024

export type LoadOptions = {
  readonly env: Environment
  /** Where `./tintype.yaml` is looked for and relative paths of the environment begin. */
  readonly cwd: string
  /** The file; goes before `TINTYPE_CONFIG`. A file named in either way must exist. */
  readonly path?: string
}

/**
 * Reads the configuration. Relative folders of the file begin at the file's folder, those of the environment and the
 * defaults at `cwd`; both come back absolute. Throws ConfigError with every mistake, secrets masked.
 */
export function loadConfig(options: LoadOptions): Config {
  const file = configFile(options)
  const text = file === undefined ? '' : readText(file)
  return readConfig({ text, env: options.env, cwd: options.cwd, ...(file !== undefined && { file }) })
}

/** The file that `loadConfig` reads: `path`, else `TINTYPE_CONFIG`, else `./tintype.yaml` when it exists. */
export function configFile({ env, cwd, path }: LoadOptions): string | undefined {
  const named = path ?? (env.TINTYPE_CONFIG === '' ? undefined : env.TINTYPE_CONFIG)
  if (named !== undefined) return resolve(cwd, named)
  const usual = resolve(cwd, 'tintype.yaml')
  return existsSync(usual) ? usual : undefined
}

function readText(file: string): string {
  const fail = (expected: string) => new ConfigError([{ key: '', place: undefined, expected }], file)
  try {
    const { size } = statSync(file)
    if (size > LARGEST_FILE) throw fail(`expected a file of at most ${LARGEST_FILE} bytes, this one has ${size}`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw fail(`the file cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`)
  }
}

type Source = { readonly text: string; readonly file?: string; readonly env: Environment; readonly cwd: string }

/** The same for a text in hand; `file` only names it. Throws ConfigError. */
export function readConfig({ text, file, env, cwd }: Source): Config {
  const tree = parseYaml(text)
  if (tree.mistakes.length > 0) throw new ConfigError(tree.mistakes, file)
  const variables = new Map<string, string>()
  let root: unknown = tree.root ?? {}
  for (const { path, variable, value } of overrides(configSchema.properties, env)) {
    const changed = put(root, path, value)
    if (changed === undefined) continue
    root = changed
    variables.set(formatPath(path), variable)
  }

  const collector = collect(tree, variables)
  const walk = { env, report: collector.report, fromEnvironment: (path: Path) => variables.has(formatPath(path)) }
  const read = readValue(configSchema, root, [], walk)
  if (!Check(configSchema, read)) {
    // Stand-ins satisfy the definition, so only mistakes that left none lead here.
    throw new ConfigError(collector.all(), file)
  }
  crossCheck(read, collector)
  const mistakes = collector.all()
  if (mistakes.length > 0) throw new ConfigError(mistakes, file)
  const base = file === undefined ? cwd : dirname(file)
  const written = (key: 'dataDir') => !variables.has(key) && isKeyOf(tree.root, key)
  return normalise(read, { dataDir: written('dataDir') ? base : cwd, paths: base })
}

function isKeyOf(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
}

/** `root` with `value` at `path`; undefined when something on the way is no group of keys (a mistake told elsewhere). */
function put(root: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (root !== null && root !== undefined && (typeof root !== 'object' || Array.isArray(root))) return undefined
  const group: Record<string, unknown> = Object.fromEntries(Object.entries(root ?? {}))
  const inner = put(group[key], rest, value)
  return inner === undefined ? undefined : { ...group, [key]: inner }
}

/** Gathers mistakes in the order of the file; those of the environment come last. */
function collect(tree: YamlTree, variables: ReadonlyMap<string, string>) {
  const mistakes: Mistake[] = []
  const broken = new Set<string>()
  const lineOf = ({ place }: Mistake) => (place && 'line' in place ? place.line : Number.MAX_SAFE_INTEGER)
  return {
    // What stands below a refused value is a stand-in as well.
    broken: (path: Path) => path.some((_, index) => broken.has(formatPath(path.slice(0, index + 1)))),
    report: (path: Path, expected: string, received?: string) => {
      const key = formatPath(path)
      const variable = variables.get(key)
      const place = variable ? { variable } : tree.root === undefined ? undefined : { line: tree.lineOf(path) }
      broken.add(key)
      mistakes.push({ key, place, expected, ...(received !== undefined && { received }) })
    },
    all: () => mistakes.toSorted((left, right) => lineOf(left) - lineOf(right)),
  }
}

/** `127.0.0.1:8080` → host and port; an empty host means every address, IPv6 comes without brackets. */
export function listenAddress(listen: string): { readonly host: string | undefined; readonly port: number } {
  const colon = listen.lastIndexOf(':')
  const host = listen.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return { host: host === '' ? undefined : host, port: Number(listen.slice(colon + 1)) }
}
