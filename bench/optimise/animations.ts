/** Varied animations made by code, as sharp writes them by default. */
import sharp from 'sharp'
import { SCENES } from '../../src/demo/catalogue.ts'
import { raw } from '../../test/support/pictures.ts'
import { type Colour, drawn, fractal, lines } from './pictures.ts'

export type Moving = { readonly name: string; readonly gif: Buffer }

/** Eight animations as GIF: flat and photographic, moving in part and as a whole, with and without transparency. */
export async function animations(): Promise<readonly Moving[]> {
  return [
    ...(await demoScenes()),
    { name: 'ball before hills', gif: await ball() },
    { name: 'bar that grows', gif: await moving(320, 60, 16, barAt) },
    { name: 'spinner', gif: await moving(96, 96, 12, (frame, x, y) => spinner(frame, x - 48, y - 48)) },
    { name: 'clouds that drift', gif: await drift() },
    { name: 'one view fades into another', gif: await fade() },
    { name: 'text that appears', gif: await typing() },
    { name: 'dot on nothing', gif: await moving(200, 120, 10, dotAt) },
  ]
}

async function demoScenes(): Promise<readonly Moving[]> {
  const found: Moving[] = []
  for (const scene of SCENES.filter(({ format }) => format === 'gif')) {
    const { width, height, channels, frames, delay, pixels } = scene.paint()
    const gif = await strip(width, height, frames, channels, Buffer.from(pixels), delay ?? 100)
    found.push({ name: scene.name.replace(/\..*$/, ''), gif })
  }
  return found
}

function ball(): Promise<Buffer> {
  const ground = raw.photo(240, 180, 5).data
  return moving(240, 180, 12, (frame, x, y) =>
    Math.hypot(x - 20 - 17 * frame, y - 90 - 40 * Math.sin(frame / 2)) < 18 ? [230, 40, 40] : at(ground, 240, x, y),
  )
}

function barAt(frame: number, x: number, y: number): Colour {
  return y > 20 && y < 40 && x < 20 * frame ? [40, 120, 220] : [245, 245, 245]
}

function spinner(frame: number, x: number, y: number): Colour {
  const distance = Math.hypot(x, y)
  if (distance < 28 || distance > 42) return [255, 255, 255]
  const turn = (Math.atan2(y, x) / (2 * Math.PI) + 1 - frame / 12 + 1) % 1
  const level = Math.round(70 + 185 * turn)
  return [level, level, level]
}

/** Everything moves: the camera pans over a sky. */
function drift(): Promise<Buffer> {
  const sky = fractal(320, 180, 3, [120, 160, 220])
  return moving(240, 160, 10, (frame, x, y) => at(sky, 320, x + 6 * frame, y + frame))
}

function fade(): Promise<Buffer> {
  const [first, second] = [raw.photo(200, 150, 6).data, raw.photo(200, 150, 7).data]
  return moving(200, 150, 10, (frame, x, y) => {
    const [a, b] = [at(first, 200, x, y), at(second, 200, x, y)]
    const mixed = (i: 0 | 1 | 2) => Math.round((a[i] * (9 - frame) + b[i] * frame) / 9)
    return [mixed(0), mixed(1), mixed(2)]
  })
}

/** A page of which every frame shows a line more, as in a recording of a screen. */
async function typing(): Promise<Buffer> {
  const [width, height] = [480, 300]
  const page = await sharp(await drawn(width, height, lines(width, height)))
    .removeAlpha()
    .raw()
    .toBuffer()
  return moving(width, height, 11, (frame, x, y) => (y < 24 + 24 * frame ? at(page, width, x, y) : [255, 255, 255]))
}

/** Transparent but for a disc with a soft edge; what it leaves becomes transparent again. */
function dotAt(frame: number, x: number, y: number): readonly number[] {
  const distance = Math.hypot(x - 20 - 17 * frame, y - 60 - 25 * Math.sin(frame))
  const shade = Math.round(120 + 100 * Math.min(1, distance / 20))
  return distance < 20 ? [shade, 40, 255 - shade, 255] : [0, 0, 0, 0]
}

function at(data: Buffer, width: number, x: number, y: number): Colour {
  const start = 3 * (y * width + x)
  return [data[start] ?? 0, data[start + 1] ?? 0, data[start + 2] ?? 0]
}

function moving(
  width: number,
  height: number,
  frames: number,
  paint: (frame: number, x: number, y: number) => readonly number[],
): Promise<Buffer> {
  const channels = paint(0, 0, 0).length === 4 ? 4 : 3
  const pixels = Buffer.alloc(width * height * channels * frames)
  for (let frame = 0, offset = 0; frame < frames; frame++) {
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) for (const value of paint(frame, x, y)) pixels[offset++] = value
  }
  return strip(width, height, frames, channels, pixels, 80)
}

function strip(
  width: number,
  height: number,
  frames: number,
  channels: 3 | 4,
  pixels: Buffer,
  delay: number,
): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height: height * frames, channels, pageHeight: height } })
    .gif({ loop: 0, delay: Array.from({ length: frames }, () => delay) })
    .toBuffer()
}
