import { writePsdBuffer } from 'ag-psd'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLAIN } from '../../engine/decoders/heic-files.ts'
import { writePdf } from '../../engine/decoders/pdf-writer.ts'
import { BLUE, decode, GREEN, near, pixel, RED } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'
import { succeed } from './looking.ts'

let house: House
/** Pages of 96×48 and 48×96 points. */
const PDF = writePdf([
  { width: 96, height: 48, rectangles: [{ colour: RED, box: [0, 0, 96, 48] }] },
  { width: 48, height: 96, rectangles: [{ colour: GREEN, box: [0, 0, 48, 96] }] },
])

beforeAll(async () => {
  house = await openHouse()
  await house.put('layout.pdf', PDF)
  const data = new Uint8ClampedArray(Array.from({ length: 40 * 20 }, () => [...BLUE, 255]).flat())
  await house.put('design.psd', writePsdBuffer({ width: 40, height: 20, imageData: { width: 40, height: 20, data } }))
  await house.put('phone.heic', PLAIN)
})
afterAll(() => house.stop())

describe('documents and pictures of phones (§7.3)', () => {
  it('a PDF is handed on as it is, and drawn for a thumbnail, page by page', async () => {
    for (const rest of ['layout.pdf', 'tr:w-50/layout.pdf']) {
      const answer = await succeed(house, rest)
      expect([answer.type, answer.bytes.equals(PDF)]).toEqual(['application/pdf', true])
    }
    for (const [tr, colour, width, height] of [
      ['w-50', RED, 50, 25],
      ['pg-1,w-50', RED, 50, 25],
      ['pg-2,w-50', GREEN, 50, 100],
    ] as const) {
      const answer = await succeed(house, `tr:${tr}/layout.pdf/ik-thumbnail.jpg`)
      const seen = await decode(answer.bytes)
      expect([answer.type, seen.width, seen.height]).toEqual(['image/jpeg', width, height])
      expect(near(pixel(seen, 20, 12), colour)).toBe(true)
    }
    expect((await house.ask('tr:pg-9/layout.pdf/ik-thumbnail.jpg')).status).toBe(400)
  })

  it('a PSD becomes a picture, a thumbnail too', async () => {
    for (const rest of ['design.psd', 'design.psd/ik-thumbnail.jpg?tr=pg-1']) {
      const answer = await succeed(house, rest)
      const seen = await decode(answer.bytes)
      expect([answer.type, seen.width, near(pixel(seen, 20, 10), BLUE)]).toEqual(['image/jpeg', 40, true])
    }
  })

  it('a HEIC is JPEG or WebP, and AVIF only when asked for', async () => {
    house.configure({ autoAvif: true })
    expect((await succeed(house, 'phone.heic')).type).toBe('image/jpeg')
    expect((await succeed(house, 'tr:f-orig/phone.heic')).type).toBe('image/jpeg')
    expect((await succeed(house, 'phone.heic', { accept: 'image/avif,image/webp' })).type).toBe('image/webp')
    expect((await succeed(house, 'tr:w-16,f-avif/phone.heic')).type).toBe('image/avif')
  })
})
