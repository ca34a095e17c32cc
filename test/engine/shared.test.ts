import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { mayShare, type SharedPixels } from '../../src/engine/shared.ts'
import { isFault } from '../../src/faults.ts'
import type { Step } from '../../src/plan/plan.ts'
import { truncatedPng } from '../support/broken-pictures.ts'
import * as pictures from '../support/pictures.ts'
import { EXACT_TRIM, fixed, ORIENT, place, planOf, startEngine } from './rendering.ts'

const { engine } = startEngine()

const WORKS: readonly (readonly Step[])[] = [
  [ORIENT, place('inside', 40)],
  [ORIENT, place('cover', 30, 30), { kind: 'mirror', axis: 'horizontal' }],
  [EXACT_TRIM, place('stretch', 25, 15)],
  [{ kind: 'draw', drawing: { name: 'sepia', strength: 1 } }],
]

async function make(bytes: Buffer, steps: readonly Step[], format: 'png' | 'gif', shared?: SharedPixels) {
  const facts = await engine.probe(bytes)
  const plan = planOf({ steps, output: fixed(format) })
  const made = await engine.render({ project: 'p', plan, bytes, facts, offer: [], ...(shared && { shared }) })
  return made === 'untouched' ? bytes : made.bytes
}

describe('pixels that several works share', () => {
  it.each<[string, Promise<Buffer>, 'png' | 'gif', number]>([
    ['PNG', pictures.photo(90, 60), 'png', 1],
    ['PNG with alpha', pictures.logo(90, 60), 'png', 1],
    ['PNG that lies on its side', pictures.oriented(6, 90, 60).then(lying), 'png', 1],
    ['animated GIF', pictures.animated('gif', { width: 48, height: 32 }), 'gif', 1],
    ['the first frame of it', pictures.animated('gif', { width: 48, height: 32 }), 'png', 1],
    ['BMP', pictures.photo(90, 60, 'bmp'), 'png', 1],
    ['JPEG is decoded as small as each needs', pictures.photo(90, 60, 'jpeg'), 'png', 0],
    ['grey PNG', pictures.greyJpeg(90, 60).then((grey) => sharp(grey).toColourspace('b-w').png().toBuffer()), 'png', 1],
    ['PNG with a profile, used in different ways', pictures.withProfile(90, 60, 'png'), 'png', 0],
  ])('%s', async (_title, picture, format, decoded) => {
    const bytes = await picture
    const shared: SharedPixels = new Map()
    for (const steps of WORKS) {
      const apart = await pictures.decode(await make(bytes, steps, format))
      const together = await pictures.decode(await make(bytes, steps, format, shared))
      expect([together.width, together.height, together.channels]).toEqual([apart.width, apart.height, apart.channels])
      expect(Buffer.compare(together.data, apart.data), JSON.stringify(steps)).toBe(0)
    }
    expect(shared.size).toBe(decoded)
  })

  it('a source that cannot be decoded fails each of them', async () => {
    const bytes = await truncatedPng()
    const shared: SharedPixels = new Map()
    for (let i = 0; i < 2; i++) {
      const failure = await make(bytes, [place('inside', 9)], 'png', shared).catch((error: unknown) => error)
      expect(isFault(failure, 'image-corrupt')).toBe(true)
    }
  })

  it('not of more than 25 megapixels', async () => {
    const facts = await engine.probe(await pictures.solid(50, 50))
    expect(mayShare({ ...facts, width: 5000, height: 5000 }, { page: 0, count: 1 })).toBe(true)
    expect(mayShare({ ...facts, width: 5000, height: 5001 }, { page: 0, count: 1 })).toBe(false)
    expect(mayShare({ ...facts, width: 5000, height: 2500 }, { page: 0, count: 3 })).toBe(false)
  })
})

/** The same stored pixels and orientation in a PNG. */
function lying(jpeg: Buffer): Promise<Buffer> {
  return sharp(jpeg).keepExif().png().toBuffer()
}
