import { Fault } from '../../faults.ts'
import type { Colour } from '../../plan/plan.ts'
import { LONGEST_TEXT_SIDE } from '../../plan/text.ts'
import type { Raw } from '../raw.ts'

export type BoxWish = {
  /** Coverage of the writing, one channel; absent when nothing of the text can be seen. */
  readonly ink?: Raw
  readonly colour: Colour
  /** Least inner width. */
  readonly width: number
  readonly align: 'left' | 'centre' | 'right'
  /** Top, right, bottom, left. */
  readonly padding: readonly [number, number, number, number]
  readonly background?: Colour
  readonly outputPixels: number
}

/**
 * The box of a text in RGBA: the writing cut to its ink, aligned in `width`, padded, on its background (imagekit §6.5). At least
 * one pixel. Fault bad-parameter: a side above 16,383 pixels; too-large: more pixels than `outputPixels`.
 */
export function textBox(wish: BoxWish): Raw {
  const { ink, align, padding, background } = wish
  const bounds = ink ? inkBounds(ink) : NOTHING
  const [top, right, bottom, left] = padding
  const inner = Math.max(wish.width, bounds.width)
  const width = Math.max(1, left + inner + right)
  const height = Math.max(1, top + bounds.height + bottom)
  if (width > LONGEST_TEXT_SIDE || height > LONGEST_TEXT_SIDE) throw tooLong(width, height)
  if (width * height > wish.outputPixels) {
    throw new Fault('too-large', 'the text has too many pixels', { context: { width, height } })
  }
  const data = new Uint8Array(width * height * 4)
  if (background && background.alpha > 0) fill(data, background)
  if (ink) {
    const free = inner - bounds.width
    const x = left + (align === 'left' ? 0 : align === 'right' ? free : Math.floor(free / 2))
    write(data, width, { ink, bounds, x, y: top, colour: wish.colour })
  }
  return { data, width, height, channels: 4 }
}

export function tooLong(width: number, height: number): Fault {
  return new Fault('bad-parameter', `a text may be ${LONGEST_TEXT_SIDE} pixels wide and high`, {
    context: { width, height },
  })
}

type Bounds = { readonly left: number; readonly top: number; readonly width: number; readonly height: number }
const NOTHING: Bounds = { left: 0, top: 0, width: 0, height: 0 }

function inkBounds({ data, width, height }: Raw): Bounds {
  let left = width
  let right = -1
  let top = height
  let bottom = -1
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width)
    const first = row.findIndex((value) => value > 0)
    if (first < 0) continue
    const last = row.findLastIndex((value) => value > 0)
    left = Math.min(left, first)
    right = Math.max(right, last)
    top = Math.min(top, y)
    bottom = y
  }
  return bottom < 0 ? NOTHING : { left, top, width: right - left + 1, height: bottom - top + 1 }
}

function fill(data: Uint8Array, { r, g, b, alpha }: Colour): void {
  data.set([r, g, b, Math.round(255 * alpha)])
  for (let done = 4; done < data.length; done *= 2) data.copyWithin(done, 0, Math.min(done, data.length - done))
}

type Writing = {
  readonly ink: Raw
  readonly bounds: Bounds
  readonly x: number
  readonly y: number
  readonly colour: Colour
}

/** Ink over what is there. */
function write(data: Uint8Array, stride: number, { ink, bounds, x, y, colour }: Writing): void {
  for (let row = 0; row < bounds.height; row++) {
    const from = (bounds.top + row) * ink.width + bounds.left
    const to = 4 * ((y + row) * stride + x)
    for (let column = 0; column < bounds.width; column++) {
      const cover = ((ink.data[from + column] ?? 0) / 255) * colour.alpha
      if (cover === 0) continue
      const at = to + 4 * column
      const below = ((data[at + 3] ?? 0) / 255) * (1 - cover)
      const alpha = cover + below
      data[at] = Math.round((colour.r * cover + (data[at] ?? 0) * below) / alpha)
      data[at + 1] = Math.round((colour.g * cover + (data[at + 1] ?? 0) * below) / alpha)
      data[at + 2] = Math.round((colour.b * cover + (data[at + 2] ?? 0) * below) / alpha)
      data[at + 3] = Math.round(255 * alpha)
    }
  }
}
