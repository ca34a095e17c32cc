import { expect, it } from 'vitest'
import { missingEntries } from '../../scripts/lock.ts'

it('names the packages for other machines that a lockfile lacks, with their machine', () => {
  const packages = {
    'node_modules/tool': {
      version: '2.0.0',
      dev: true,
      optionalDependencies: {
        'tool-linux-x64': '2.0.0',
        '@tool/linux-arm64-musl': '2.0.0',
        'tool-darwin-arm64': '2.0.0',
      },
    },
    'node_modules/tool-linux-x64': { version: '2.0.0' },
  }
  expect(missingEntries(packages)).toEqual({
    'node_modules/@tool/linux-arm64-musl': {
      version: '2.0.0',
      optional: true,
      dev: true,
      os: ['linux'],
      cpu: ['arm64'],
      libc: ['musl'],
    },
    'node_modules/tool-darwin-arm64': { version: '2.0.0', optional: true, dev: true, os: ['darwin'], cpu: ['arm64'] },
  })
})
