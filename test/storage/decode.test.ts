import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeBody } from '../../src/storage/decode.ts'

const plain = Buffer.from('a picture, perhaps '.repeat(100))
const LIMIT = 1_000_000

describe('undoing a content coding', () => {
  it.each<[string, Buffer]>([
    ['gzip', zlib.gzipSync(plain)],
    ['GZIP', zlib.gzipSync(plain)],
    ['x-gzip', zlib.gzipSync(plain)],
    ['br', zlib.brotliCompressSync(plain)],
    ['zstd', zlib.zstdCompressSync(plain)],
    ['deflate', zlib.deflateSync(plain)],
    ['deflate', zlib.deflateRawSync(plain)],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(plain))],
    ['identity', plain],
    ['', plain],
  ])('%s', async (encoding, bytes) => {
    expect(Buffer.from(await decodeBody(bytes, encoding, LIMIT)).equals(plain)).toBe(true)
  })

  it.each<[string, Buffer]>([
    ['gzip', zlib.gzipSync(Buffer.alloc(50_000_000))],
    ['br', zlib.brotliCompressSync(Buffer.alloc(50_000_000))],
    ['zstd', zlib.zstdCompressSync(Buffer.alloc(50_000_000))],
    ['deflate', zlib.deflateSync(Buffer.alloc(50_000_000))],
    ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(Buffer.alloc(50_000_000)))],
    ['identity', Buffer.alloc(LIMIT + 1)],
  ])('does not blow up: a bomb in %s ends at the limit', async (encoding, bytes) => {
    await expect(decodeBody(bytes, encoding, LIMIT)).rejects.toMatchObject({ code: 'too-large' })
  })

  it('lets exactly the limit pass', async () => {
    expect(await decodeBody(zlib.gzipSync(Buffer.alloc(1000)), 'gzip', 1000)).toHaveLength(1000)
    await expect(decodeBody(zlib.gzipSync(Buffer.alloc(1001)), 'gzip', 1000)).rejects.toMatchObject({
      code: 'too-large',
    })
  })

  it.each(['gzip', 'br', 'zstd', 'deflate'])('says that a cut or foreign body is damaged: %s', async (encoding) => {
    const whole = {
      gzip: zlib.gzipSync,
      br: zlib.brotliCompressSync,
      zstd: zlib.zstdCompressSync,
      deflate: zlib.deflateSync,
    }
    const packed = whole[encoding as keyof typeof whole](plain) // the rows above are these names
    await expect(decodeBody(packed.subarray(0, packed.length / 2), encoding, LIMIT)).rejects.toMatchObject({
      code: 'image-corrupt',
    })
    await expect(decodeBody(plain, encoding, LIMIT)).rejects.toMatchObject({ code: 'image-corrupt' })
  })

  it.each(['compress', 'constructor', 'gzip,gzip,gzip,gzip'])('refuses what it does not know: %s', async (encoding) => {
    await expect(decodeBody(plain, encoding, LIMIT)).rejects.toMatchObject({ code: 'unsupported' })
  })
})
