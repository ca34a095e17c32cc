/** The variable-length LZW of GIF89a, appendix F. */

import { MOST_CODES } from './dictionary.ts'

/** Decodes `count` indices; undefined when the data is damaged or ends early. */
export function lzwDecode(data: Uint8Array, codeSize: number, count: number): Uint8Array | undefined {
  const clear = 1 << codeSize
  const prefix = new Uint16Array(MOST_CODES)
  const suffix = new Uint8Array(MOST_CODES)
  const lengths = new Uint16Array(MOST_CODES)
  for (let code = 0; code < clear; code++) {
    suffix[code] = code
    lengths[code] = 1
  }
  const out = new Uint8Array(count)
  let [width, next, previous, written, bits, held, at] = [codeSize + 1, clear + 2, -1, 0, 0, 0, 0]
  while (written < count) {
    while (bits < width) {
      const byte = data[at++]
      if (byte === undefined) return undefined
      held |= byte << bits
      bits += 8
    }
    const code = held & ((1 << width) - 1)
    held >>>= width
    bits -= width
    if (code === clear) {
      width = codeSize + 1
      next = clear + 2
      previous = -1
      continue
    }
    if (code === clear + 1 || code > next || (code === next && previous < 0)) return undefined
    // A code that is just being made ends with its own first value.
    const known = code < next ? code : previous
    const length = (lengths[known] ?? 0) + (code < next ? 0 : 1)
    if (length === 0) return undefined
    let place = written + (lengths[known] ?? 0) - 1
    let walk = known
    for (; place > written; place--) {
      if (place < count) out[place] = suffix[walk] ?? 0
      walk = prefix[walk] ?? 0
    }
    const first = suffix[walk] ?? 0
    out[written] = first
    if (code >= next && written + length - 1 < count) out[written + length - 1] = first
    written += length
    if (previous >= 0 && next < MOST_CODES) {
      prefix[next] = previous
      suffix[next] = first
      lengths[next] = (lengths[previous] ?? 0) + 1
      next++
      if (next === 1 << width && width < 12) width++
    }
    previous = code
  }
  return out
}
