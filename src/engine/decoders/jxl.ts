import { Fault } from '../../faults.ts'
import type { Facts, Limits } from '../../plan/facts.ts'
import { checkInput } from '../limits.ts'
import type { Decoded, Decoder } from './decoder.ts'
import { readJxlHeader } from './jxl-header.ts'
import { codecLoader, type FactoryOptions, inSandbox } from './wasm.ts'

/** JPEG XL through libjxl compiled to WebAssembly (package @jsquash/jxl), which gives sRGB. Of an animation the first frame. */
export const jxl: Decoder = {
  formats: ['jxl'],
  probing: 'header',

  probe(bytes: Uint8Array): Facts {
    return {
      format: 'jxl',
      ...readJxlHeader(bytes),
      frames: 1,
      orientation: 1,
      space: 'rgb',
      profile: false,
      bytes: bytes.length,
    }
  },

  async decode(bytes: Uint8Array, limits: Limits): Promise<Decoded> {
    const { width, height, alpha } = readJxlHeader(bytes)
    checkInput({ format: 'jxl', width, height, frames: 1 }, limits)
    const memory = CODEC_BYTES + 2 * bytes.length + BYTES_PER_PIXEL * width * height
    const image = await inSandbox('jxl', await codec(), memory, async (factory, options) =>
      (await factory(options)).decode(bytes),
    )
    if (image?.width !== width || image.height !== height) {
      throw new Fault('image-corrupt', undefined, { context: { format: 'jxl' } })
    }
    const { data } = image
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    return {
      kind: 'pixels',
      raw: { data: alpha ? pixels : withoutAlpha(pixels), width, height, channels: alpha ? 4 : 3 },
    }
  },
}

/** What libjxl takes by itself, and for a pixel at most: it works in floats. */
const CODEC_BYTES = 64 * 2 ** 20
const BYTES_PER_PIXEL = 64

type Libjxl = {
  decode(bytes: Uint8Array): {
    readonly width: number
    readonly height: number
    readonly data: Uint8ClampedArray
  } | null
}
type LibjxlFactory = (options: FactoryOptions) => Promise<Libjxl>

const codec = codecLoader<LibjxlFactory>({
  format: 'jxl',
  package: '@jsquash/jxl',
  wasm: '@jsquash/jxl/codec/dec/jxl_dec.wasm',
  factory: async () => (await import('@jsquash/jxl/codec/dec/jxl_dec.js')).default,
})

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3)
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from] ?? 0
    rgb[to + 1] = rgba[from + 1] ?? 0
    rgb[to + 2] = rgba[from + 2] ?? 0
  }
  return rgb
}
