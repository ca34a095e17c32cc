import sharp from 'sharp'
import type { Frames } from '../animation.ts'
import { transferable } from '../workers/transferable.ts'
import type { Workers } from '../workers.ts'
import type { Plane } from './ssim.ts'

/** Copies that are compared have at most this many pixels, over all frames looked at. */
const MOST_PIXELS = 500_000
/** Frames of an animation that are looked at, evenly spread. */
const MOST_FRAMES = 4
const WHITE = '#ffffff'
const BLACK = '#000000'

/** The small luma copies of a picture that comparisons look at; made once for a source that is compared many times. */
export type Likeness = readonly Plane[]

/** What a picture with transparency is laid on: an edge or a veil that one ground hides shows on the other. */
export type Grounds = 'white' | 'white-and-black'

/** Luma of at most half a million pixels, of up to four frames. Two likenesses can be compared when their grounds are the same. */
export async function likenessOf(picture: Frames, grounds: Grounds): Promise<Likeness> {
  const chosen = sampled(picture.frames)
  const room = MOST_PIXELS / chosen.length
  const planes: Plane[] = []
  for (const index of chosen) {
    for (const ground of grounds === 'white' ? [WHITE] : [WHITE, BLACK]) {
      planes.push(await lumaOf(picture, index, ground, room))
    }
  }
  return planes
}

/** The grounds that show all of a picture. */
export function groundsFor({ channels }: Frames): Grounds {
  return channels === 2 || channels === 4 ? 'white-and-black' : 'white'
}

/** How alike two pictures look, 0…1 (1 = the same), by `planeSimilarity`; of several frames or grounds the worst counts. */
export async function likeness(a: Likeness, b: Likeness, workers: Workers): Promise<number> {
  if (a.length !== b.length) return 0
  return workers.run('similarity', { a, b }, { transfer: b.flatMap(({ data }) => transferable(data)) })
}

/** How alike two pictures look, 0…1: see `likeness`. */
export async function similarity(a: Frames, b: Frames, workers: Workers): Promise<number> {
  const grounds = groundsFor(a) === 'white' ? groundsFor(b) : 'white-and-black'
  return likeness(await likenessOf(a, grounds), await likenessOf(b, grounds), workers)
}

function sampled(frames: number): readonly number[] {
  const count = Math.min(frames, MOST_FRAMES)
  return Array.from({ length: count }, (_, i) => Math.floor((i * frames) / count))
}

async function lumaOf(picture: Frames, index: number, ground: string, room: number): Promise<Plane> {
  const { data, width, height, channels } = picture
  const size = width * height * channels
  const frame = data.subarray(index * size, (index + 1) * size)
  const scale = Math.min(1, Math.sqrt(room / (width * height)))
  const { data: luma, info } = await sharp(frame, {
    raw: { width, height, channels: shape(channels) },
    limitInputPixels: false,
  })
    .resize({
      width: Math.max(1, Math.floor(width * scale)),
      height: Math.max(1, Math.floor(height * scale)),
      fit: 'fill',
    })
    .flatten({ background: ground })
    .toColourspace('b-w')
    .extractChannel(0)
    .raw()
    .toUint8Array()
  return { data: luma, width: info.width, height: info.height }
}

function shape(channels: number): 1 | 2 | 3 | 4 {
  return channels === 1 ? 1 : channels === 2 ? 2 : channels === 3 ? 3 : 4
}
