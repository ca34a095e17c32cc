import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { collect, createHouse, ORDER, pieces } from './house.ts'

const house = createHouse()

describe('store', () => {
  it('puts the bytes under a generated key and records what flowed', async () => {
    const { uploads, memory } = await house.uploads({ now: () => 1000 })
    const file = await uploads.store(ORDER, pieces('one ', '', 'two'))
    expect(file.place.key).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{19}_cat\.png$/)
    expect(file).toMatchObject({ size: 7, mimetype: 'image/png', uploadedMs: 1000, location: 'S3' })
    expect(file.digests).toEqual({
      md5: createHash('md5').update('one two').digest('hex'),
      sha256: createHash('sha256').update('one two').digest('hex'),
    })
    expect(memory.objects.get(file.place.key)).toMatchObject({ contentType: 'image/png' })
    expect(await uploads.find(file.handle)).toEqual(file)
    expect(String(await collect(await uploads.read(file)))).toBe('one two')
  })
})
