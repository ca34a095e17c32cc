import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EntryHead, etagOf, readHead, writeHead } from '../../src/delivery/entry.ts'
import { picture } from './room.ts'

const head = (key: string): EntryHead => ({
  kind: 'result',
  key,
  size: 3,
  etag: '"x"',
  contentType: 'image/webp',
  picture: { format: 'webp', width: 1, height: 2, frames: 1 },
  uses: ['demo\nobject:bucket::logo#'],
  record: {
    source: picture('ä\n😀'),
    identity: 'bucket@1',
    version: '"1"',
    hashed: false,
    checkedAt: 1,
    private: false,
    bytes: 3,
  },
})

test('what is written is read again, and the body begins where the head ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      const written = writeHead(head(key.toWellFormed())) ?? Buffer.alloc(0)
      const read = readHead(Buffer.concat([written, Buffer.from('abc')]))
      expect(read?.head).toEqual(head(key.toWellFormed()))
      expect(read?.offset).toBe(written.length)
    }),
  )
})

test('any other bytes are no entry and never an error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readHead(Buffer.from(bytes)) === undefined))
})

test('one changed or missing byte of the head is noticed', () => {
  const written = writeHead(head('key')) ?? Buffer.alloc(0)
  fc.assert(
    fc.property(fc.nat(written.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(written)
      damaged[at] = (damaged[at] ?? 0) ^ change
      expect(readHead(damaged)).toBeUndefined()
      expect(readHead(written.subarray(0, at))).toBeUndefined()
    }),
  )
})

test('a head that is too long is not written', () => {
  expect(writeHead(head('k'.repeat(70_000)))).toBeUndefined()
})

test('an entity tag is strong, quoted, and of the bytes alone', async () => {
  const bytes = Buffer.alloc(3_000_000, 7)
  expect(await etagOf(bytes)).toMatch(/^"[\w-]{24}"$/)
  expect(await etagOf(bytes)).toBe(await etagOf(Buffer.from(bytes)))
  expect(await etagOf(bytes)).not.toBe(await etagOf(bytes.subarray(1)))
})
