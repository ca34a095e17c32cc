import { decode, encode, near, type Pixels, pixel } from '../../support/pictures.ts'
import type { Answer, House } from './house.ts'

let count = 0

/** Stores a picture under a new name and gives its path. */
export async function stored(house: House, picture: Pixels | Uint8Array | Promise<Uint8Array>): Promise<string> {
  const bytes = 'channels' in picture ? await encode(picture) : await picture
  count += 1
  const name = `p${count}.png`
  await house.put(name, bytes)
  return name
}

/** The picture after a transformation, as pixels exactly as computed. */
export async function render(house: House, tr: string, path: string): Promise<Pixels> {
  return decode((await succeed(house, `tr:${tr}:f-png,lo-true/${path}`)).bytes)
}

/** An answer that must be 200. */
export async function succeed(house: House, rest: string, headers?: Readonly<Record<string, string>>): Promise<Answer> {
  const answer = await house.ask(rest, headers)
  if (answer.status !== 200) throw new Error(`${rest}: ${answer.status} ${answer.headers.get('ik-error')}`)
  return answer
}

/** The smallest box that holds every pixel of a colour: left, top, width, height. */
export function boxOf(picture: Pixels, colour: readonly number[], tolerance = 24): readonly number[] | undefined {
  let [left, top, right, bottom] = [picture.width, picture.height, -1, -1]
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      if (!near(colour, pixel(picture, x, y), tolerance)) continue
      left = Math.min(left, x)
      top = Math.min(top, y)
      right = Math.max(right, x)
      bottom = Math.max(bottom, y)
    }
  }
  return right < 0 ? undefined : [left, top, right - left + 1, bottom - top + 1]
}

/** Pixels that differ from what `expected` says; it may leave pixels open. */
export function wrongPixels(
  picture: Pixels,
  expected: (x: number, y: number) => readonly number[] | undefined,
  tolerance = 2,
): number {
  let wrong = 0
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const wanted = expected(x, y)
      if (wanted !== undefined && !near(wanted, pixel(picture, x, y), tolerance)) wrong += 1
    }
  }
  return wrong
}
