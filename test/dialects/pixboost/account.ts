import type { Connection, Directory, Key, PixboostSettings, Project } from '../../../src/catalog/model.ts'
import { IMAGE_DEFAULTS } from '../../../src/catalog/rules.ts'

export const KEY = 'MTg4MjMxMzM3MA__'
export const SECRET = 'private_demo'

/** A directory in memory. Secrets are `private_` + the rest of a public key that begins with `public_`, or the one given. */
export type TestDirectory = Directory & {
  projects: readonly Project[]
  secrets: Readonly<Record<string, string>>
  change(): void
}

export function directoryOf(
  projects: readonly Project[],
  secrets: Readonly<Record<string, string>> = { [SECRET]: KEY },
): TestDirectory {
  let generation = 1
  const find = (publicKey: string | undefined) => {
    for (const project of directory.projects) {
      const key = project.keys.find((candidate) => candidate.publicKey === publicKey)
      if (key !== undefined) return { project, key }
    }
    return undefined
  }
  const directory: TestDirectory = {
    projects,
    secrets,
    get generation() {
      return generation
    },
    project: (id) => directory.projects.find((project) => project.id === id),
    byPublicKey: find,
    bySecret: (secret) => find(directory.secrets[secret]),
    change: () => {
      generation += 1
    },
  }
  return directory
}

export function projectOf(
  id: string,
  parts: { keys?: readonly Key[]; connections?: readonly Connection[]; pixboost?: Partial<PixboostSettings> } = {},
): Project {
  return {
    id,
    keys: parts.keys ?? [keyOf(KEY)],
    connections: parts.connections ?? CONNECTIONS,
    settings: {
      pixboost: {
        cacheSeconds: 2_592_000,
        upstreamErrors: 'mapped',
        saveData: true,
        engineRoutes: false,
        ...parts.pixboost,
      },
      imagekit: { settings: IMAGE_DEFAULTS, endpoints: [], namedTransformations: {} },
      others: {},
    },
  }
}

export function keyOf(publicKey: string, parts: Partial<Key> = {}): Key {
  return {
    label: 'Key 1',
    publicKey,
    allowedHosts: ['www.midday.coffee', 'cdn.example.com', '.pixboost.com'],
    dialects: [],
    declared: false,
    ...parts,
  }
}

export function connectionOf(alias: string, parts: Partial<Connection> = {}): Connection {
  return {
    id: `id-${alias}`,
    revision: 1,
    alias,
    name: alias,
    provider: 's3',
    read: true,
    write: false,
    prefix: '',
    buckets: [],
    encodeKeys: false,
    operator: true,
    declared: true,
    ...parts,
  }
}

/** The account of the contract's worked examples (pixboost §2). */
export const CONNECTIONS: readonly Connection[] = [
  connectionOf('bucket', { bucket: 'pixboost-test-source', prefix: 'prefix/another-prefix' }),
  connectionOf('assets', { provider: 'web', baseUrl: 'http://www.midday.coffee/assets' }),
  connectionOf('hidden', { read: false }),
]
