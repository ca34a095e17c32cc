import { Fault } from '../../faults.ts'
import type { Facts, Limits } from '../../plan/facts.ts'
import { checkInput } from '../limits.ts'
import type { Decoded, Decoder } from './decoder.ts'
import { requirePage } from './page.ts'
import { compositeRows, type Geometry, layerRows, type Rows } from './psd-channels.ts'
import { COLOURS, type Psd, type PsdLayer, readPsd } from './psd-header.ts'
import { writeTiff } from './tiff-writer.ts'

/**
 * Photoshop files (PSD, PSB). Page 1 is the composite that Photoshop saved; the layers follow from the bottom, each on the
 * whole canvas with its opacity, without masks and effects. Own code: the published readers take memory for whatever a
 * header claims, keep every layer at once and know neither inks nor profiles.
 */
export const psd: Decoder = {
  formats: ['psd'],
  probing: 'header',

  probe(bytes: Uint8Array): Facts {
    const file = readPsd(bytes)
    const { width, height, mode, depth, layers, density } = file
    return {
      format: 'psd',
      width,
      height,
      frames: 1,
      pages: { count: 1 + layers.length, ...(layers.length > 0 && { alpha: true }) },
      orientation: 1,
      alpha: file.transparent,
      depth: depth === 1 ? 8 : depth,
      space: mode === 'cmyk' ? 'cmyk' : isGrey(file) ? 'grey' : 'rgb',
      profile: usedProfile(file) !== undefined,
      bytes: bytes.length,
      ...(density !== undefined && density >= 1 && { density: Math.round(density) }),
    }
  },

  decode(bytes: Uint8Array, limits: Limits, page: number): Decoded {
    const file = readPsd(bytes)
    const { width, height } = file
    checkInput({ format: 'psd', width, height, frames: 1 }, limits)
    requirePage(page, 1 + file.layers.length)
    const layer = page === 1 ? undefined : file.layers[page - 2]
    const canvas = layer ? paintLayer(bytes, file, layer, limits) : paintComposite(bytes, file)
    const profile = usedProfile(file)
    const { data, channels } = canvas
    if (profile === undefined && file.mode !== 'cmyk') return { kind: 'pixels', raw: { data, width, height, channels } }
    const space = file.mode === 'cmyk' ? 'cmyk' : isGrey(file) ? 'grey' : 'rgb'
    const alpha = channels > (space === 'cmyk' ? 4 : space === 'grey' ? 1 : 3)
    return { kind: 'file', format: 'tiff', bytes: writeTiff({ data, width, height, space, alpha, profile }) }
  },
}

type Canvas = { readonly data: Uint8Array; readonly channels: number }

function isGrey({ mode }: Psd): boolean {
  return mode === 'grey' || mode === 'bitmap'
}

/** Samples of 32 bits are linear light; they become sRGB here, and their profile no longer fits. */
function usedProfile({ profile, depth }: Psd): Uint8Array | undefined {
  return depth === 32 ? undefined : profile
}

/** Channels of the 8-bit picture: a palette is looked up. */
function colourChannels({ mode }: Psd): number {
  return mode === 'indexed' ? 3 : COLOURS[mode]
}

function paintComposite(bytes: Uint8Array, file: Psd): Canvas {
  if (!file.hasComposite) {
    throw new Fault('unsupported', 'the file was saved without its composite picture', { context: { format: 'psd' } })
  }
  const colours = colourChannels(file)
  const channels = colours + (file.transparent ? 1 : 0)
  const stored = COLOURS[file.mode] + (file.transparent ? 1 : 0)
  const rows = compositeRows(bytes, file.composite, stored, file)
  const data = new Uint8Array(file.width * file.height * channels)
  for (const [channel, of] of rows.entries()) {
    const read = channel < COLOURS[file.mode] ? colourReader(file) : linearReader(file.depth)
    copyChannel(of, file, { data, channels, channel, read, left: 0, top: 0, canvas: file })
  }
  if (file.mode === 'indexed') lookUp(data, channels, file.palette)
  if (file.transparent && file.mode !== 'cmyk') removeMatte(data, channels)
  return { data, channels }
}

function paintLayer(bytes: Uint8Array, file: Psd, layer: PsdLayer, limits: Limits): Canvas {
  const colours = colourChannels(file)
  const channels = colours + 1
  const data = new Uint8Array(file.width * file.height * channels)
  const { width, height, left, top, opacity } = layer
  if (width === 0 || height === 0) return { data, channels }
  checkInput({ format: 'psd', width, height, frames: 1 }, limits)
  const geometry: Geometry = { width, height, depth: file.depth, large: file.large }
  const own = (id: number) => layer.channels.find((channel) => channel.id === id)
  const copy = (id: number, channel: number, read: Reader) => {
    const stored = own(id)
    if (!stored) return false
    const rows = layerRows(bytes, stored.start, stored.end, geometry)
    copyChannel(rows, geometry, { data, channels, channel, read, left, top, canvas: file })
    return true
  }
  for (let id = 0; id < COLOURS[file.mode]; id++) copy(id, id, colourReader(file))
  if (file.mode === 'indexed') lookUp(data, channels, file.palette)
  // The background layer has no transparency channel: it is opaque where it is.
  const opaque: Rows = () => EMPTY
  const alpha = linearReader(file.depth)
  const faded: Reader = (row, x) => Math.round((alpha(row, x) * opacity) / 255)
  if (!copy(TRANSPARENCY, colours, faded)) {
    copyChannel(opaque, geometry, { data, channels, channel: colours, read: () => opacity, left, top, canvas: file })
  }
  return { data, channels }
}

const TRANSPARENCY = -1
const EMPTY = new Uint8Array()

/** The sample at `x` of a stored row as 8 bits. */
type Reader = (row: Uint8Array, x: number) => number

function colourReader({ mode, depth }: Psd): Reader {
  if (depth === 32) return floatReader(encodeGamma)
  const read = linearReader(depth)
  // Inks are stored as paper white 255, a bitmap as black 1.
  return mode === 'cmyk' || mode === 'bitmap' ? (row, x) => 255 - read(row, x) : read
}

function linearReader(depth: Psd['depth']): Reader {
  switch (depth) {
    case 1:
      return (row, x) => ((((row[x >> 3] ?? 0) >> (7 - (x & 7))) & 1) === 1 ? 255 : 0)
    case 8:
      return (row, x) => row[x] ?? 0
    case 16:
      return (row, x) => Math.round((((row[2 * x] ?? 0) << 8) | (row[2 * x + 1] ?? 0)) / 257)
    case 32:
      return floatReader((value) => value)
  }
}

function floatReader(encode: (value: number) => number): Reader {
  const view = new DataView(new ArrayBuffer(4))
  return (row, x) => {
    for (let i = 0; i < 4; i++) view.setUint8(i, row[4 * x + i] ?? 0)
    const value = view.getFloat32(0)
    return Math.round(255 * encode(Math.max(0, Math.min(1, Number.isNaN(value) ? 0 : value))))
  }
}

/** Linear light 0…1 to sRGB (IEC 61966-2-1). */
function encodeGamma(value: number): number {
  return value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055
}

type Target = Canvas & {
  readonly channel: number
  readonly read: Reader
  readonly left: number
  readonly top: number
  readonly canvas: { readonly width: number; readonly height: number }
}

/** Copies what of a channel lies on the canvas. */
function copyChannel(
  rows: Rows,
  { width, height }: { readonly width: number; readonly height: number },
  { data, channels, channel, read, left, top, canvas }: Target,
): void {
  const from = Math.max(0, -left)
  const to = Math.min(width, canvas.width - left)
  const last = Math.min(height, canvas.height - top)
  for (let y = Math.max(0, -top); y < last; y++) {
    const row = rows(y)
    let at = ((y + top) * canvas.width + from + left) * channels + channel
    for (let x = from; x < to; x++, at += channels) data[at] = read(row, x)
  }
}

/** Indices, which stand in the red channel, become colours. */
function lookUp(data: Uint8Array, channels: number, palette: Uint8Array): void {
  for (let i = 0; i + 2 < data.length; i += channels) {
    const index = data[i] ?? 0
    for (let c = 0; c < 3; c++) data[i + c] = palette[c * 256 + index] ?? 0
  }
}

/** Photoshop saves a transparent composite on white: c = a·x + (1 − a)·255. Solved for x. */
function removeMatte(data: Uint8Array, channels: number): void {
  for (let i = channels - 1; i < data.length; i += channels) {
    const alpha = data[i] ?? 0
    if (alpha === 0 || alpha === 255) continue
    for (let c = i - channels + 1; c < i; c++) {
      const value = 255 - ((255 - (data[c] ?? 0)) * 255) / alpha
      data[c] = Math.max(0, Math.min(255, Math.round(value)))
    }
  }
}
