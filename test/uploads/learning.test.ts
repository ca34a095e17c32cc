import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DIGESTS } from '../../src/catalog/files.ts'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import { gifBomb, html, truncatedJpeg } from '../support/broken-pictures.ts'
import { animated, encode, jpeg, oriented, raw, svg } from '../support/pictures.ts'
import { createHouse, ORDER, pieces } from './house.ts'

const house = createHouse()

/** Ranges are read as ranges there. */
async function onFolder(limits?: { readonly uploadBytes: number; readonly sourceBytes: number }) {
  const store = createFolderStore({ provider: 'folder', path: await house.folder() })
  return house.uploads({ store, ...(limits && { limits }) })
}

describe('digests', () => {
  it('are known of md5 and sha256 without reading anything', async () => {
    const { uploads, memory } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('content'))
    expect(await uploads.digests(file, ['md5', 'sha256'])).toEqual(file.digests)
    expect(memory.calls.get).toBe(0)
  })

  it('are read once for all names, and kept', async () => {
    const { uploads, memory } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('content'))
    const all = Object.fromEntries(DIGESTS.map((name) => [name, createHash(name).update('content').digest('hex')]))
    const asked = [uploads.digests(file, DIGESTS), uploads.digests(file, DIGESTS)]
    expect(await Promise.all(asked)).toEqual([all, all])
    expect(memory.calls.get).toBe(1)
    const known = await uploads.find(file.handle)
    expect(known?.digests).toEqual(all)
    if (known !== undefined) await uploads.digests(known, ['sha512'])
    expect(memory.calls.get).toBe(1)
  })

  it('of one content are never kept for another', async () => {
    const { uploads } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('before'))
    await uploads.overwrite(file, {}, pieces('after'))
    const sha1 = createHash('sha1').update('after').digest('hex')
    expect(await uploads.digests(file, ['sha1'])).toMatchObject({ sha1 })
    expect((await uploads.find(file.handle))?.digests.md5).toBe(createHash('md5').update('after').digest('hex'))
  })

  it('go when the content does', async () => {
    const { uploads } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('before'))
    await uploads.digests(file, ['sha1'])
    expect((await uploads.overwrite(file, {}, pieces('after'))).digests).not.toHaveProperty('sha1')
    expect((await uploads.find(file.handle))?.digests).not.toHaveProperty('sha1')
  })
})

describe('sides', () => {
  const large = (as: 'png-uncompressed' | 'tiff' | 'webp' | 'bmp') => encode(raw.noise(900, 600), as)

  it.each<[string, () => Promise<Buffer> | Buffer, object | 'none']>([
    ['a picture', () => encode(raw.bars(70, 40)), { width: 70, height: 40 }],
    ['a picture that lies on its side', () => oriented(6, 64, 48), { width: 64, height: 48 }],
    ['a picture that is upside down', () => oriented(3, 64, 48), { width: 64, height: 48 }],
    ['an animation', () => animated('gif'), { width: 40, height: 32 }],
    ['a drawing', () => svg(30, 20), { width: 30, height: 20 }],
    ['a cut-off picture', truncatedJpeg, { width: 200, height: 150 }],
    ['text', () => Buffer.from('no picture'), 'none'],
    ['a page', html, 'none'],
    ['a document', () => Buffer.from('%PDF-1.7\n'), 'none'],
    ['a header without a picture', () => Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'none'],
    ['too many frames', () => gifBomb(10_000), 'none'],
    ['a large JPEG', () => jpeg(raw.noise(1500, 700), 95), { width: 1500, height: 700 }],
    ['a large PNG', () => large('png-uncompressed'), { width: 900, height: 600 }],
    ['a large TIFF', () => large('tiff'), { width: 900, height: 600 }],
    ['a large WebP', () => large('webp'), { width: 900, height: 600 }],
    ['a large bitmap', () => large('bmp'), { width: 900, height: 600 }],
  ])('of %s', async (_name, make, expected) => {
    const { uploads } = await onFolder()
    const file = await uploads.store(ORDER, pieces(await make()))
    expect(await uploads.sides(file)).toEqual(expected)
  })

  it('are worked out once and kept', async () => {
    const { uploads, memory } = await house.uploads()
    for (const content of [await encode(raw.bars(70, 40)), Buffer.from('text')]) {
      const file = await uploads.store(ORDER, pieces(content))
      const sides = await uploads.sides(file)
      const reads = memory.calls.get
      const known = await uploads.find(file.handle)
      expect(known?.sides).toEqual(sides)
      if (known !== undefined) expect(await uploads.sides(known)).toEqual(sides)
      expect(memory.calls.get).toBe(reads)
    }
  })

  it('of a picture that is too large to be read whole are not looked for beyond its beginning', async () => {
    const { uploads } = await onFolder({ uploadBytes: 10_000_000, sourceBytes: 300_000 })
    const behind = Buffer.concat([Buffer.from('II*\0', 'latin1'), Buffer.alloc(400_000, 255)])
    expect(await uploads.sides(await uploads.store(ORDER, pieces(behind)))).toBe('none')
    const ahead = await large('png-uncompressed')
    expect(await uploads.sides(await uploads.store(ORDER, pieces(ahead)))).toEqual({ width: 900, height: 600 })
  })

  it('go when the content does', async () => {
    const { uploads } = await house.uploads()
    const file = await uploads.store(ORDER, pieces(await encode(raw.bars(70, 40))))
    await uploads.sides(file)
    const after = await uploads.overwrite(file, {}, pieces(await encode(raw.bars(20, 10))))
    expect(after.sides).toBeUndefined()
    expect(await uploads.sides(after)).toEqual({ width: 20, height: 10 })
  })
})
