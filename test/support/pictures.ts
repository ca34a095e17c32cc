/**
 * Pictures made by code, so that every expected pixel is known. Makers return encoded bytes (PNG unless `as` says otherwise);
 * `raw.*` holds the same pictures as plain pixels. Broken and hostile files stand in `broken-pictures.ts`.
 */
import sharp, { type JpegOptions, type Sharp, type SharpOptions } from 'sharp'
import { encodeBmp } from './bmp-writer.ts'

export type Rgb = readonly [number, number, number]
export type Pixels = {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly data: Buffer
}
/** JPEGs are written at quality 95 without chroma subsampling and with the standard tables; WebP and PNG are lossless. */
export type Encoding = 'png' | 'png-uncompressed' | 'jpeg' | 'webp' | 'avif' | 'gif' | 'tiff' | 'bmp'

/** The four colours of `quadrants`: far apart, so that they survive any lossy encoding within `near`. */
export const RED: Rgb = [224, 32, 32]
export const GREEN: Rgb = [32, 176, 32]
export const BLUE: Rgb = [32, 64, 224]
export const YELLOW: Rgb = [240, 208, 16]
export const WHITE: Rgb = [255, 255, 255]
export const BLACK: Rgb = [0, 0, 0]

/** Eight flat colours of `bars`, left to right: white, yellow, cyan, green, magenta, red, blue, black. */
export const BARS: readonly Rgb[] = [
  [255, 255, 255],
  [255, 255, 0],
  [0, 255, 255],
  [0, 255, 0],
  [255, 0, 255],
  [255, 0, 0],
  [0, 0, 255],
  [0, 0, 0],
]

// ── pixels ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Paints a picture pixel by pixel; `at` gives as many values (0…255) as the picture has channels. */
export function paint(width: number, height: number, at: (x: number, y: number) => readonly number[]): Pixels {
  const channels = at(0, 0).length
  const data = Buffer.alloc(width * height * channels)
  let offset = 0
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (const value of at(x, y)) data[offset++] = Math.max(0, Math.min(255, value))
  return { width, height, channels, data }
}

/** Seeded random numbers 0…1 (mulberry32), the same on every machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export const raw = {
  /** Red grows from left to right, green from top to bottom, blue is their mean's complement. */
  gradient: (width: number, height: number): Pixels =>
    paint(width, height, (x, y) => {
      const across = Math.round((255 * x) / Math.max(1, width - 1))
      const down = Math.round((255 * y) / Math.max(1, height - 1))
      return [across, down, 255 - ((across + down) >> 1)]
    }),

  noise: (width: number, height: number, seed = 1): Pixels => {
    const next = random(seed)
    return paint(width, height, () => [next() * 256, next() * 256, next() * 256])
  },

  /** One colour; with a fourth value the picture has alpha, with one value it is grey. */
  solid: (width: number, height: number, colour: readonly number[] = RED): Pixels => paint(width, height, () => colour),

  /** RED top-left, GREEN top-right, BLUE bottom-left, YELLOW bottom-right. Shows turns, mirrors and crops. */
  quadrants: (width: number, height: number): Pixels =>
    paint(width, height, (x, y) => (2 * y < height ? (2 * x < width ? RED : GREEN) : 2 * x < width ? BLUE : YELLOW)),

  /** Eight flat vertical colour bars of equal width. */
  bars: (width: number, height: number): Pixels =>
    paint(width, height, (x) => BARS[Math.floor((8 * x) / width)] ?? BLACK),

  /** Photograph-like: sky, hills in haze, soft light, fine grain. Many colours, few flat areas. */
  photo: (width: number, height: number, seed = 7): Pixels => {
    const next = random(seed)
    return paint(width, height, (x, y) => {
      const u = x / width
      const v = y / height
      const hill = 0.55 + 0.12 * Math.sin(5 * u + 1) + 0.05 * Math.sin(17 * u + 2)
      const grain = (next() - 0.5) * 14
      const sun = 90 * Math.exp(-((u - 0.72) ** 2 + (v - 0.2) ** 2) * 18)
      if (v < hill)
        return [90 + 120 * v + sun + grain, 140 + 70 * v + sun * 0.8 + grain, 215 - 30 * v + sun * 0.3 + grain]
      const depth = (v - hill) / (1 - hill)
      const texture = 22 * Math.sin(60 * u + 9 * Math.sin(25 * v)) * depth
      return [60 + 70 * depth + texture + grain, 95 + 40 * depth + texture + grain, 45 + 20 * depth + grain]
    })
  },

  /** RGBA: a RED disc with a WHITE bar in the middle, soft edge, transparent corners. */
  logo: (width: number, height: number): Pixels =>
    paint(width, height, (x, y) => {
      const radius = Math.min(width, height) / 2
      const dx = x + 0.5 - width / 2
      const dy = y + 0.5 - height / 2
      const alpha = Math.max(0, Math.min(1, radius - Math.hypot(dx, dy)))
      const colour = Math.abs(dy) < radius / 6 && Math.abs(dx) < radius / 2 ? WHITE : RED
      return [...colour, Math.round(255 * alpha)]
    }),

  /** `inner` with a border; sides in pixels as in CSS: top, right, bottom, left. */
  bordered: (
    inner: Pixels,
    sides: readonly [number, number, number, number],
    colour: readonly number[] = WHITE,
  ): Pixels => {
    const [top, right, bottom, left] = sides
    return paint(inner.width + left + right, inner.height + top + bottom, (x, y) => {
      const inside = x >= left && x < left + inner.width && y >= top && y < top + inner.height
      return inside ? pixel(inner, x - left, y - top) : colour
    })
  },

  /**
   * The pixels to store so that a viewer who obeys EXIF `orientation` sees `upright`.
   * Orientations 5…8 swap the stored sides.
   */
  stored: (upright: Pixels, orientation: number): Pixels => {
    const w = upright.width
    const h = upright.height
    const turned = orientation >= 5
    return paint(turned ? h : w, turned ? w : h, (x, y) => {
      switch (orientation) {
        case 2:
          return pixel(upright, w - 1 - x, y)
        case 3:
          return pixel(upright, w - 1 - x, h - 1 - y)
        case 4:
          return pixel(upright, x, h - 1 - y)
        case 5:
          return pixel(upright, y, x)
        case 6:
          return pixel(upright, w - 1 - y, x)
        case 7:
          return pixel(upright, w - 1 - y, h - 1 - x)
        case 8:
          return pixel(upright, y, h - 1 - x)
        default:
          return pixel(upright, x, y)
      }
    })
  },
}

// ── encoded pictures ─────────────────────────────────────────────────────────────────────────────────────────────────

/** A sharp pipeline over plain pixels; one or two channels stay grey. */
export function pipeline(pixels: Pixels): Sharp {
  const { width, height, channels, data } = pixels
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) throw new Error(`${channels} channels`)
  const picture = sharp(data, { raw: { width, height, channels } })
  return channels <= 2 ? picture.toColourspace('b-w') : picture
}

export function encode(pixels: Pixels, as: Encoding = 'png'): Promise<Buffer> {
  switch (as) {
    case 'png':
      return pipeline(pixels).png().toBuffer()
    case 'png-uncompressed':
      return pipeline(pixels).png({ compressionLevel: 0 }).toBuffer()
    case 'jpeg':
      return jpeg(pixels, 95)
    case 'webp':
      return pipeline(pixels).webp({ lossless: true }).toBuffer()
    case 'avif':
      return pipeline(pixels).avif({ quality: 90, effort: 0, chromaSubsampling: '4:4:4' }).toBuffer()
    case 'gif':
      return pipeline(pixels).gif().toBuffer()
    case 'tiff':
      return pipeline(pixels).tiff({ compression: 'lzw' }).toBuffer()
    case 'bmp':
      return Promise.resolve(encodeBmp(pixels, { bits: pixels.channels === 4 ? 32 : 24 }))
  }
}

/** A JPEG with the standard quantisation tables at `quality`, whatever else sharp would do by default. */
export function jpeg(pixels: Pixels, quality: number, options: JpegOptions = {}): Promise<Buffer> {
  return pipeline(pixels)
    .jpeg({ quality, chromaSubsampling: '4:4:4', mozjpeg: false, quantisationTable: 0, ...options })
    .toBuffer()
}

export const gradient = (width: number, height: number, as?: Encoding) => encode(raw.gradient(width, height), as)
export const noise = (width: number, height: number, seed?: number, as?: Encoding) =>
  encode(raw.noise(width, height, seed), as)
export const solid = (width: number, height: number, colour?: readonly number[], as?: Encoding) =>
  encode(raw.solid(width, height, colour), as)
export const quadrants = (width: number, height: number, as?: Encoding) => encode(raw.quadrants(width, height), as)
export const bars = (width: number, height: number, as?: Encoding) => encode(raw.bars(width, height), as)
export const photo = (width: number, height: number, as?: Encoding) => encode(raw.photo(width, height), as)
export const logo = (width: number, height: number, as?: Encoding) => encode(raw.logo(width, height), as)
export const bordered = (
  inner: Pixels,
  sides: readonly [number, number, number, number],
  colour?: readonly number[],
  as?: Encoding,
) => encode(raw.bordered(inner, sides, colour), as)

/** A JPEG with EXIF orientation 1…8; seen upright it is `quadrants(width, height)`. */
export function oriented(orientation: number, width = 64, height = 48): Promise<Buffer> {
  return pipeline(raw.stored(raw.quadrants(width, height), orientation))
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .withMetadata({ orientation })
    .toBuffer()
}

/** Quadrants converted to Display P3, the profile embedded. */
export function withProfile(width: number, height: number, as: 'jpeg' | 'png' | 'webp' = 'jpeg'): Promise<Buffer> {
  const picture = pipeline(raw.quadrants(width, height)).withIccProfile('p3')
  switch (as) {
    case 'jpeg':
      return picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
    case 'png':
      return picture.png().toBuffer()
    case 'webp':
      return picture.webp({ lossless: true }).toBuffer()
  }
}

/** Carries EXIF (copyright, artist, GPS), so that stripping can be seen. */
export function withExif(width: number, height: number): Promise<Buffer> {
  return pipeline(raw.quadrants(width, height))
    .withExif({ IFD0: { Copyright: 'A. Nonymous', Artist: 'A. Nonymous' }, IFD3: { GPSLatitudeRef: 'N' } })
    .jpeg({ quality: 95 })
    .toBuffer()
}

export function cmykJpeg(width: number, height: number): Promise<Buffer> {
  return pipeline(raw.quadrants(width, height)).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()
}

/** One channel, darker to the left. */
export function greyJpeg(width: number, height: number): Promise<Buffer> {
  const grey = paint(width, height, (x) => [Math.round((255 * x) / Math.max(1, width - 1))])
  return pipeline(grey).jpeg({ quality: 95 }).toBuffer()
}

/** A PNG of 16 bits a channel, red growing from left to right. */
export function deepPng(width: number, height: number): Promise<Buffer> {
  const data = new Uint16Array(width * height * 3)
  for (let i = 0; i < width * height; i++) data[3 * i] = Math.round((65535 * (i % width)) / Math.max(1, width - 1))
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer()
}

/** What `animated` makes: frame i is of colour `ANIMATION[i % 4]`. */
export const ANIMATION: readonly Rgb[] = [RED, GREEN, BLUE, YELLOW]

/**
 * An animation whose frames are of one colour each, with a WHITE square of a quarter of the height in the top-left corner,
 * so that a frame cut or turned wrongly is seen. `loop` 0 = for ever; delays in milliseconds (GIF keeps hundredths).
 */
export async function animated(
  as: 'gif' | 'webp',
  options: { width?: number; height?: number; delays?: readonly number[]; loop?: number } = {},
): Promise<Buffer> {
  const { width = 40, height = 32, delays = [100, 200, 300], loop = 0 } = options
  const mark = Math.ceil(height / 4)
  const frames = await Promise.all(
    delays.map((_, i) => {
      const colour = ANIMATION[i % ANIMATION.length] ?? RED
      return encode(paint(width, height, (x, y) => (x < mark && y < mark ? WHITE : colour)))
    }),
  )
  const strip = sharp(frames, { join: { animated: true } })
  const timing = { delay: [...delays], loop }
  return as === 'gif' ? strip.gif(timing).toBuffer() : strip.webp({ ...timing, lossless: true }).toBuffer()
}

/** An SVG with a viewBox, without a script. */
export function svg(width: number, height: number): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a rectangle -->\n` +
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
      `<rect width="${width}" height="${height}" fill="rgb(${RED.join(',')})"/></svg>\n`,
  )
}

// ── looking at results ───────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Decodes to 8-bit sRGB as the eye would see it, orientation not applied; a grey picture gives three equal channels. Of an
 * animation the first frame, with `{ pages: -1 }` all frames stacked.
 */
export async function decode(bytes: Uint8Array, options: SharpOptions = {}): Promise<Pixels> {
  const { data, info } = await sharp(bytes, options).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels, data }
}

/** The channels of one pixel. */
export function pixel(picture: Pixels, x: number, y: number): readonly number[] {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) throw new RangeError(`no pixel at ${x},${y}`)
  const start = (y * picture.width + x) * picture.channels
  return [...picture.data.subarray(start, start + picture.channels)]
}

/** Whether two colours differ by at most `tolerance` in every channel that both have. */
export function near(a: readonly number[], b: readonly number[], tolerance = 12): boolean {
  return a.every((value, i) => Math.abs(value - (b[i] ?? value)) <= tolerance)
}

/** Mean absolute difference over all channels, 0…255. The pictures must have equal sides and channels. */
export function meanDifference(a: Pixels, b: Pixels): number {
  if (a.width !== b.width || a.height !== b.height || a.channels !== b.channels) {
    throw new Error(`${a.width}×${a.height}×${a.channels} against ${b.width}×${b.height}×${b.channels}`)
  }
  let sum = 0
  for (let i = 0; i < a.data.length; i++) sum += Math.abs((a.data[i] ?? 0) - (b.data[i] ?? 0))
  return sum / a.data.length
}
