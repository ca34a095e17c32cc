/** Varied pictures made by code: what stands in shops, pages and albums, as far as code can paint it. */
import sharp from 'sharp'
import { SCENES } from '../../src/demo/catalogue.ts'
import { random, raw } from '../../test/support/pictures.ts'

export type Still = {
  readonly name: string
  readonly png: Buffer
  readonly kind: 'photo' | 'drawing'
  readonly alpha: boolean
}

/** Twenty-four still pictures as PNG, of 0.1 to 1.3 million pixels. */
export async function stills(): Promise<readonly Still[]> {
  const pictures: Still[] = []
  const add = async (name: string, kind: Still['kind'], png: Promise<Buffer>) => {
    const bytes = await png
    pictures.push({ name, kind, png: bytes, alpha: (await sharp(bytes).metadata()).hasAlpha })
  }
  for (const scene of SCENES.filter(({ format }) => format !== 'gif')) {
    const { width, height, channels, pixels } = scene.paint()
    const whole = sharp(pixels, { raw: { width, height, channels } })
    const kind = scene.format === 'jpeg' ? 'photo' : 'drawing'
    const name = scene.name.replace(/\..*$/, '')
    await add(name, kind, whole.clone().resize(1200, 1200, { fit: 'inside' }).png().toBuffer())
    await add(`${name} small`, kind, whole.clone().resize(480, 480, { fit: 'inside' }).png().toBuffer())
  }
  for (const seed of [1, 2]) await add(`hills ${seed}`, 'photo', painted(800, 600, raw.photo(800, 600, seed).data))
  await add('clouds', 'photo', painted(800, 600, fractal(800, 600, 3, [120, 160, 220])))
  await add('stone', 'photo', painted(800, 600, fractal(800, 600, 8, [140, 130, 120])))
  await add(
    'night',
    'photo',
    sharp(await painted(800, 600, fractal(800, 600, 5, [60, 60, 80])))
      .linear(0.5, -10)
      .png()
      .toBuffer(),
  )
  await add(
    'grey photograph',
    'photo',
    sharp(await painted(800, 600, raw.photo(800, 600, 4).data))
      .greyscale()
      .png()
      .toBuffer(),
  )
  await add('gradient', 'drawing', painted(640, 480, raw.gradient(640, 480).data))
  await add('page of text', 'drawing', drawn(900, 700, lines(900, 700)))
  await add('chart', 'drawing', drawn(900, 600, chart(900, 600)))
  await add('map', 'drawing', drawn(800, 800, shapes(800, 800, 60, 1)))
  await add('icons on nothing', 'drawing', drawn(640, 320, shapes(640, 320, 24, 0.85, true)))
  await add('soft shadow', 'drawing', drawn(500, 400, SHADOW))
  return pictures
}

export type Colour = readonly [number, number, number]

function painted(width: number, height: number, data: Buffer): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

/** An SVG of this body as PNG. */
export function drawn(width: number, height: number, body: string): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}

/** Noise of several octaves round a colour. */
export function fractal(width: number, height: number, seed: number, [r, g, b]: Colour): Buffer {
  const next = random(seed)
  const size = 64
  const grid = Float32Array.from({ length: size * size }, () => next() - 0.5)
  const value = (x: number, y: number) => {
    const [left, top] = [Math.floor(x), Math.floor(y)]
    const [u, v] = [x - left, y - top]
    const cell = (i: number, j: number) => grid[(((top + j) % size) * size + ((left + i) % size)) % grid.length] ?? 0
    const upper = cell(0, 0) * (1 - u) + cell(1, 0) * u
    return upper * (1 - v) + (cell(0, 1) * (1 - u) + cell(1, 1) * u) * v
  }
  const out = Buffer.alloc(width * height * 3)
  for (let y = 0, offset = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let octave = 0, scale = 1 / 120, weight = 120; octave < 6; octave++, scale *= 2, weight /= 1.9)
        sum += weight * value(x * scale + 7 * octave, y * scale + 3 * octave)
      for (const [part, base] of [
        [1, r],
        [0.9, g],
        [0.7, b],
      ] as const)
        out[offset++] = Math.max(0, Math.min(255, base + sum * part))
    }
  }
  return out
}

const WORDS = 'a picture is served from your own bucket in the size the page asks for and not a byte more'.split(' ')

/** A page of text. */
export function lines(width: number, height: number): string {
  const next = random(11)
  const word = () => WORDS[Math.floor(next() * WORDS.length)] ?? ''
  const rows = Array.from({ length: Math.floor(height / 24) - 1 }, (_, i) => {
    const text = Array.from({ length: 14 }, word).join(' ')
    return `<text x="30" y="${40 + 24 * i}" font-family="serif" font-size="16" fill="#222">${text}</text>`
  })
  return `<rect width="${width}" height="${height}" fill="#fff"/>${rows.join('')}`
}

function chart(width: number, height: number): string {
  const next = random(12)
  const bars = Array.from({ length: 12 }, (_, i) => {
    const tall = Math.round(80 + next() * (height - 200))
    return `<rect x="${60 + i * 66}" y="${height - 60 - tall}" width="44" height="${tall}" fill="hsl(${i * 30},60%,55%)"/>`
  })
  const grid = Array.from(
    { length: 8 },
    (_, i) => `<line x1="50" x2="${width - 20}" y1="${60 * i + 60}" y2="${60 * i + 60}" stroke="#ddd"/>`,
  )
  return `<rect width="${width}" height="${height}" fill="#fafafa"/>${grid.join('')}${bars.join('')}<text x="60" y="40" font-size="22" fill="#333">Bytes per picture</text>`
}

function shapes(width: number, height: number, count: number, opacity: number, onNothing = false): string {
  const next = random(13)
  const parts = Array.from({ length: count }, (_, i) => {
    const fill = `hsl(${Math.round(next() * 360)},${Math.round(30 + next() * 50)}%,${Math.round(40 + next() * 40)}%)`
    const [x, y, size] = [next() * width, next() * height, 20 + next() * 90]
    return i % 2 === 0
      ? `<circle cx="${x}" cy="${y}" r="${size / 2}" fill="${fill}" fill-opacity="${opacity}"/>`
      : `<rect x="${x}" y="${y}" width="${size}" height="${size * 0.7}" rx="8" fill="${fill}" fill-opacity="${opacity}" transform="rotate(${next() * 90} ${x} ${y})"/>`
  })
  return `${onNothing ? '' : `<rect width="${width}" height="${height}" fill="#e8efe0"/>`}${parts.join('')}`
}

const SHADOW =
  '<defs><filter id="s" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="18"/></filter></defs>' +
  '<rect x="100" y="100" width="300" height="200" rx="24" fill="#000" fill-opacity=".6" filter="url(#s)"/>' +
  '<rect x="90" y="85" width="300" height="200" rx="24" fill="#f4a020"/>'
