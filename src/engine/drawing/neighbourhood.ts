import type { Colour } from '../../plan/plan.ts'
import type { Raw } from '../raw.ts'
import { warp } from './sampling.ts'

/**
 * Adds to an RGBA picture `amount` times what it differs from its blurred copy, where that is `threshold` (0…1 of the range) or
 * more. Alpha stays. In place.
 */
export function unsharp(picture: Raw, blurred: Raw, amount: number, threshold: number): void {
  const { data } = picture
  const least = threshold * 255
  for (let i = 0; i < data.length; i++) {
    if (i % 4 === 3) continue
    const own = data[i] ?? 0
    const difference = own - (blurred.data[i] ?? 0)
    if (Math.abs(difference) < least) continue
    data[i] = Math.min(255, Math.max(0, Math.round(own + amount * difference)))
  }
}

/**
 * Lays a colour below an RGBA picture. `shape` is one channel, the picture's alpha blurred, `margin` pixels larger on every side;
 * it is moved by `right`, `below` pixels. `strength` 0…1, times the alpha of the colour. In place.
 */
export function shadow(
  picture: Raw,
  shape: { readonly raw: Raw; readonly margin: number },
  moved: { readonly right: number; readonly below: number },
  { colour, strength }: { readonly colour: Colour; readonly strength: number },
): void {
  const { data, width, height } = picture
  const { raw, margin } = shape
  const most = strength * colour.alpha
  for (let y = 0, i = 0; y < height; y++) {
    const row = y - moved.below + margin
    for (let x = 0; x < width; x++, i += 4) {
      const own = (data[i + 3] ?? 0) / 255
      if (own === 1) continue
      const column = x - moved.right + margin
      const inside = row >= 0 && column >= 0 && row < raw.height && column < raw.width
      const below = inside ? (most * (raw.data[row * raw.width + column] ?? 0)) / 255 : 0
      const alpha = own + below * (1 - own)
      if (alpha === 0) continue
      const part = own / alpha
      data[i] = Math.round(colour.r + ((data[i] ?? 0) - colour.r) * part)
      data[i + 1] = Math.round(colour.g + ((data[i + 1] ?? 0) - colour.g) * part)
      data[i + 2] = Math.round(colour.b + ((data[i + 2] ?? 0) - colour.b) * part)
      data[i + 3] = Math.round(255 * alpha)
    }
  }
}

/**
 * Shifts the pixels of an RGBA picture as an RGBA map laid at `left`, `top` says: its red by −x…x to the right, its green by
 * −y…y down, weighted with its alpha; edge pixels go on beyond the picture (imagekit §6.1 names the channels; directions are ours).
 */
export function displace(
  picture: Raw,
  map: { readonly raw: Raw; readonly left: number; readonly top: number },
  x: number,
  y: number,
): Raw {
  const { raw, left, top } = map
  return warp(
    picture,
    picture,
    (atX, atY, from) => {
      from.u = atX
      from.v = atY
      const column = Math.floor(atX) - left
      const row = Math.floor(atY) - top
      if (column < 0 || row < 0 || column >= raw.width || row >= raw.height) return true
      const i = 4 * (row * raw.width + column)
      const weight = (raw.data[i + 3] ?? 0) / 255
      from.u -= x * weight * part(raw.data[i] ?? 0)
      from.v -= y * weight * part(raw.data[i + 1] ?? 0)
      return true
    },
    'edge',
  )
}

/** −1…1; middle grey, which 8 bits hold as 127 or 128, is 0. */
function part(value: number): number {
  return value === 127 ? 0 : Math.min(1, (value - 128) / (value < 128 ? 128 : 127))
}
