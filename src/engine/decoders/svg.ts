import { Fault } from '../../faults.ts'
import type { Facts, Limits, Size } from '../../plan/facts.ts'
import { checkInput } from '../limits.ts'
import { svgFacts, svgRoot, svgSize } from '../svg.ts'
import type { Decoded, Decoder } from './decoder.ts'
import { requirePage } from './page.ts'
import { drawSvg } from './resvg.ts'
import { lettered } from './svg-fonts.ts'
import { framed } from './svg-framing.ts'

/** Larger documents are refused: a tree of several times their size is made of them. */
const MOST_BYTES = 16 * 2 ** 20

/**
 * SVG on a transparent ground, through resvg compiled to WebAssembly (package @resvg/resvg-wasm): a still picture, without
 * scripts, animations, foreign objects, and without anything that lies outside of the file.
 */
export const svg: Decoder = {
  formats: ['svg'],
  probing: 'header',

  probe(bytes: Uint8Array): Facts {
    return svgFacts(bytes)
  },

  async decode(bytes: Uint8Array, limits: Limits, page: number, wish?: Size): Promise<Decoded> {
    requirePage(page, 1)
    if (bytes.length > MOST_BYTES) {
      throw new Fault('too-large', 'the document has too many bytes', {
        context: { format: 'svg', bytes: bytes.length, limit: MOST_BYTES },
      })
    }
    const own = svgSize(bytes)
    if (!wish) checkInput({ format: 'svg', ...own, frames: 1 }, limits)
    const { text, fonts } = await lettered(textOf(bytes))
    const root = svgRoot(text)
    if (!root) throw new Fault('image-corrupt', undefined, { context: { format: 'svg' } })
    const { text: document, size } = framed(text, root, wish ?? own, limits.inputPixels)
    const data = await drawSvg(document, fonts, size)
    return { kind: 'pixels', raw: { data: unmultiplied(data), ...size, channels: 4 } }
  },
}

/** The document in the encoding that it declares, UTF-8 when it declares none. Fault image-corrupt, unsupported. */
function textOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1')
  const [, encoding = 'utf-8'] = /^(?:\xef\xbb\xbf)?<\?xml\s[^>]*encoding\s*=\s*["']([\w.:-]+)["']/.exec(head) ?? []
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    const context = { format: 'svg', encoding }
    if (cause instanceof RangeError) throw new Fault('unsupported', 'the encoding is not known', { context, cause })
    throw new Fault('image-corrupt', 'the text is not in the encoding that it declares', { context, cause })
  }
}

/** Colours as they are without their alpha, in place. */
function unmultiplied(data: Uint8Array): Uint8Array {
  for (let at = 3; at < data.length; at += 4) {
    const alpha = data[at] ?? 0
    if (alpha === 255 || alpha === 0) continue
    for (let c = at - 3; c < at; c++) data[c] = Math.min(255, Math.round(((data[c] ?? 0) * 255) / alpha))
  }
  return data
}
