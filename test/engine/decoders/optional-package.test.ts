import { expect, it } from 'vitest'
import { optionalPackage } from '../../../src/engine/decoders/optional-package.ts'
import { codecLoader } from '../../../src/engine/decoders/wasm.ts'

it('a package that is not installed is named', async () => {
  const codec = codecLoader({
    format: 'heic',
    package: 'not-installed',
    wasm: 'not-installed/codec.wasm',
    factory: () => Promise.reject(new Error('never asked for')),
  })
  await expect(codec()).rejects.toMatchObject({
    code: 'unsupported',
    message: 'heic files need the package not-installed, which is not installed',
    context: { format: 'heic', package: 'not-installed' },
  })
})

it('a package that fails otherwise is not called missing', async () => {
  await expect(optionalPackage('heic', 'broken', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
})
