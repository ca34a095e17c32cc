import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { withDensity } from '../../src/engine/density.ts'
import * as pictures from '../support/pictures.ts'
import { fixed, KEEP, startEngine } from './rendering.ts'

const { render, show } = startEngine()
const density = async (bytes: Uint8Array) => (await sharp(bytes).metadata()).density

describe('dots per inch in the file (imagekit §4.4)', () => {
  it.each(['jpeg', 'png'] as const)('are written into a %s without a change of pixels', async (format) => {
    const source = await pictures.quadrants(40, 30)
    const plain = await show(source, { output: fixed(format) })
    const dense = await show(source, { output: fixed(format, { density: 300 }) })
    expect(await density(dense.bytes)).toBe(300)
    expect(dense.pixels.data.equals(plain.pixels.data)).toBe(true)
  })

  it('are reckoned from those of the source', async () => {
    const source = withDensity(await pictures.quadrants(40, 30), 'png', 96)
    const doubled = { op: 'mul', left: { get: 'density' }, right: 2 } as const
    expect(await density((await show(source, { output: fixed('png', { density: doubled }) })).bytes)).toBe(192)
  })

  it('take the place of what stood there', async () => {
    const jpeg = await pictures.quadrants(40, 30, 'jpeg')
    const twice = withDensity(withDensity(jpeg, 'jpeg', 150), 'jpeg', 200)
    expect(await density(twice)).toBe(200)
    expect(twice.length).toBe(withDensity(jpeg, 'jpeg', 150).length)
    const png = await pictures.quadrants(40, 30, 'png')
    expect(await density(withDensity(withDensity(png, 'png', 150), 'png', 200))).toBe(200)
  })

  it('bring no EXIF of the source along', async () => {
    const rendered = await render(await pictures.withExif(40, 30), {
      output: fixed('jpeg', { density: 300, metadata: KEEP }),
    })
    const metadata = rendered === 'untouched' ? undefined : await sharp(rendered.bytes).metadata()
    expect(metadata?.density).toBe(300)
    expect(metadata?.exif).toBeUndefined()
  })

  it('are left out where the format has no place for them', async () => {
    const source = await pictures.quadrants(40, 30)
    const plain = await show(source, { output: fixed('webp') })
    const dense = await show(source, { output: fixed('webp', { density: 300 }) })
    expect(dense.bytes.equals(plain.bytes)).toBe(true)
  })
})
