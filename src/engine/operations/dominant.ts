import sharp from 'sharp'
import type { Colour } from '../../plan/plan.ts'
import type { Frames } from '../animation.ts'

/** Side of the copy that is counted: 1,024 pixels are counted in no time and still represent the picture. */
const SIDE = 32
/** Colours nearer than this (summed over the channels, 0…765) count as one. */
const NEAR = 96

/**
 * The `count` colours that cover most of an RGBA picture, most frequent first; transparent parts do not count. Fewer different
 * ones are repeated.
 */
export async function dominantColours(picture: Frames, count: number): Promise<readonly Colour[]> {
  const { data } = await sharp(picture.data, {
    raw: { width: picture.width, height: picture.height, channels: 4 },
    limitInputPixels: false,
  })
    .resize({ width: SIDE, height: SIDE, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const groups: { r: number; g: number; b: number; weight: number }[] = []
  for (let i = 0; i < data.length; i += 4) {
    const [r = 0, g = 0, b = 0, alpha = 0] = data.subarray(i, i + 4)
    if (alpha < 128) continue
    const near = groups.find((one) => distance(one, { r, g, b }) < NEAR)
    if (near === undefined) {
      groups.push({ r, g, b, weight: 1 })
      continue
    }
    near.weight++
    near.r += (r - near.r) / near.weight
    near.g += (g - near.g) / near.weight
    near.b += (b - near.b) / near.weight
  }
  groups.sort((a, b) => b.weight - a.weight)
  const colours: readonly Colour[] = groups.map(({ r, g, b }) => ({
    r: Math.round(r),
    g: Math.round(g),
    b: Math.round(b),
    alpha: 1,
  }))
  const white: Colour = { r: 255, g: 255, b: 255, alpha: 1 }
  return Array.from({ length: count }, (_, i) => colours[i] ?? colours.at(-1) ?? white)
}

type Rgb = { readonly r: number; readonly g: number; readonly b: number }
function distance(a: Rgb, b: Rgb): number {
  return Math.abs(a.r - b.r) + Math.abs(a.g - b.g) + Math.abs(a.b - b.b)
}
