import type { Connection, ImagekitSettings, ImageSettings, Key, Project } from '../../../src/catalog/model.ts'
import { IMAGE_DEFAULTS, PIXBOOST_DEFAULTS } from '../../../src/catalog/rules.ts'

export { connectionOf, directoryOf, type TestDirectory } from '../pixboost/account.ts'

export const PUBLIC_KEY = 'public_test_key'
export const PRIVATE_KEY = 'private_test_key'

export function keyOf(publicKey: string, parts: Partial<Key> = {}): Key {
  return { label: 'Key 1', publicKey, allowedHosts: [], dialects: [], declared: false, ...parts }
}

export function projectOf(
  id: string,
  parts: {
    keys?: readonly Key[]
    connections?: readonly Connection[]
    settings?: Partial<ImageSettings>
    imagekit?: Partial<Omit<ImagekitSettings, 'settings'>>
  } = {},
): Project {
  return {
    id,
    keys: parts.keys ?? [keyOf(PUBLIC_KEY)],
    connections: parts.connections ?? [],
    settings: {
      pixboost: PIXBOOST_DEFAULTS,
      imagekit: {
        settings: { ...IMAGE_DEFAULTS, ...parts.settings },
        endpoints: [],
        namedTransformations: {},
        ...parts.imagekit,
      },
      others: {},
    },
  }
}
