import { Fault } from '../../faults.ts'
import type { Facts, Limits } from '../../plan/facts.ts'
import { checkInput } from '../limits.ts'
import type { Decoded, Decoder } from './decoder.ts'
import { readHeif } from './heif-boxes.ts'
import { writeTiff } from './tiff-writer.ts'
import { codecLoader, type FactoryOptions, inSandbox } from './wasm.ts'

/**
 * HEIC and HEIF pictures coded with HEVC, through libheif and libde265 compiled to WebAssembly (package libheif-js, LGPL-3.0,
 * loaded at run time and unchanged). Turned and mirrored as their boxes say, ten bits become eight, alpha is kept.
 */
export const heic: Decoder = {
  formats: ['heic'],
  probing: 'header',

  probe(bytes: Uint8Array): Facts {
    const { width, height, alpha, depth, profile } = readHeif(bytes)
    return {
      format: 'heic',
      width,
      height,
      frames: 1,
      orientation: 1,
      alpha,
      depth,
      space: 'rgb',
      profile: profile !== undefined,
      bytes: bytes.length,
    }
  },

  async decode(bytes: Uint8Array, limits: Limits): Promise<Decoded> {
    const picture = readHeif(bytes)
    const { width, height, coded, alpha, profile } = picture
    checkInput({ format: 'heic', width, height, frames: 1 }, limits)
    checkInput({ format: 'heic', width: coded, height: 1, frames: 1 }, limits)
    const memory = CODEC_BYTES + 2 * bytes.length + BYTES_PER_PIXEL * coded
    const data = await inSandbox('heic', await codec(), memory, async (factory, options) =>
      pixelsOf(factory(options), bytes, picture.alpha, { width, height }),
    )
    if (!profile) return { kind: 'pixels', raw: { data, width, height, channels: alpha ? 4 : 3 } }
    return { kind: 'file', format: 'tiff', bytes: writeTiff({ data, width, height, space: 'rgb', alpha, profile }) }
  },
}

/** What libheif takes by itself, and for a pixel at most: planes at two bytes, tiles, RGBA, the turned copy. */
const CODEC_BYTES = 64 * 2 ** 20
const BYTES_PER_PIXEL = 24

/** The part of libheif-js that is used here (its own types promise less: results are a value or an error record). */
type Libheif = {
  readonly heif_error_code: { readonly heif_error_Ok: unknown }
  readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown }
  readonly heif_chroma: {
    readonly heif_chroma_interleaved_RGB: unknown
    readonly heif_chroma_interleaved_RGBA: unknown
  }
  heif_context_alloc(): unknown
  heif_context_read_from_memory(context: unknown, bytes: Uint8Array): { readonly code: unknown }
  heif_js_context_get_primary_image_handle(context: unknown): { readonly code?: unknown }
  heif_image_handle_get_width(handle: unknown): number
  heif_image_handle_get_height(handle: unknown): number
  heif_image_handle_is_premultiplied_alpha(handle: unknown): number
  heif_js_decode_image2(
    handle: unknown,
    colourspace: unknown,
    chroma: unknown,
  ): {
    readonly code?: unknown
    readonly channels?: readonly {
      readonly width: number
      readonly height: number
      readonly stride: number
      readonly data: Uint8Array
    }[]
  }
}
type LibheifFactory = (options: FactoryOptions) => Libheif

const codec = codecLoader<LibheifFactory>({
  format: 'heic',
  package: 'libheif-js',
  wasm: 'libheif-js/libheif-wasm/libheif.wasm',
  factory: async () => (await import('libheif-js/libheif-wasm/libheif.js')).default,
})

function pixelsOf(
  lib: Libheif,
  bytes: Uint8Array,
  alpha: boolean,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  const context = lib.heif_context_alloc()
  const { code } = lib.heif_context_read_from_memory(context, bytes)
  if (code !== lib.heif_error_code.heif_error_Ok) throw corrupt()
  const handle = lib.heif_js_context_get_primary_image_handle(context)
  if (handle.code !== undefined) throw corrupt()
  if (lib.heif_image_handle_get_width(handle) !== width || lib.heif_image_handle_get_height(handle) !== height) {
    throw corrupt('the picture has another size than its boxes say')
  }
  const chroma = alpha ? lib.heif_chroma.heif_chroma_interleaved_RGBA : lib.heif_chroma.heif_chroma_interleaved_RGB
  const image = lib.heif_js_decode_image2(handle, lib.heif_colorspace.heif_colorspace_RGB, chroma)
  const plane = image.channels?.[0]
  if (image.code !== undefined || !plane || plane.width !== width || plane.height !== height) throw corrupt()
  const row = width * (alpha ? 4 : 3)
  const data = new Uint8Array(row * height)
  for (let y = 0; y < height; y++) {
    data.set(plane.data.subarray(y * plane.stride, y * plane.stride + row), y * row)
  }
  if (alpha && lib.heif_image_handle_is_premultiplied_alpha(handle)) divideByAlpha(data)
  return data
}

/** Colours that were stored multiplied by their alpha. */
function divideByAlpha(data: Uint8Array): void {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] ?? 0
    if (alpha === 0 || alpha === 255) continue
    for (let c = i; c < i + 3; c++) data[c] = Math.min(255, Math.round(((data[c] ?? 0) * 255) / alpha))
  }
}

function corrupt(message?: string): Fault {
  return new Fault('image-corrupt', message, { context: { format: 'heic' } })
}
