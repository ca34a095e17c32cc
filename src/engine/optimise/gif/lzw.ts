/** The variable-length LZW of GIF89a, appendix F. */

const MOST_CODES = 4096

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

/** Above this many values a dictionary that is never renewed hardly ever wins. */
const MOST_KEPT = 200_000

/**
 * Encodes indices in the fewer bytes of two ways: a full dictionary is thrown away, or kept to the end. `others` are indices that
 * show the same in their place; they are taken where they make a known sequence longer.
 */
export function lzwEncode(indices: Uint8Array, codeSize: number, others: Uint8Array = indices): Uint8Array {
  const renewed = encode(indices, others, codeSize, true)
  if (indices.length > MOST_KEPT) return renewed
  const kept = encode(indices, others, codeSize, false)
  return kept.length < renewed.length ? kept : renewed
}

function encode(indices: Uint8Array, others: Uint8Array, codeSize: number, renew: boolean): Uint8Array {
  const clear = 1 << codeSize
  /** The code of each known sequence followed by a value; 0 = none yet. */
  const children = new Uint16Array(MOST_CODES << codeSize)
  // A code takes at most twelve bits and stands for at least one value; clears and the end come on top.
  const out = new Uint8Array(Math.ceil(1.5 * indices.length) + Math.ceil(indices.length / 1000) + 16)
  let [at, held, bits, width, next] = [0, 0, 0, codeSize + 1, clear + 2]
  const put = (code: number) => {
    held |= code << bits
    bits += width
    for (; bits >= 8; bits -= 8) {
      out[at++] = held & 255
      held >>>= 8
    }
  }
  put(clear)
  let sequence = indices[0] ?? 0
  for (let i = 1; i < indices.length; i++) {
    const value = indices[i] ?? 0
    const child = (sequence << codeSize) | value
    const known = children[child] || children[(sequence << codeSize) | (others[i] ?? value)] || 0
    if (known !== 0) {
      sequence = known
      continue
    }
    put(sequence)
    sequence = value
    if (next < MOST_CODES) {
      // The decoder learns a code one step later than the encoder.
      if (next === 1 << width && width < 12) width++
      children[child] = next++
    } else if (renew) {
      put(clear)
      children.fill(0)
      width = codeSize + 1
      next = clear + 2
    }
  }
  put(sequence)
  if (next === 1 << width && width < 12) width++
  put(clear + 1)
  if (bits > 0) out[at++] = held & 255
  return out.slice(0, at)
}
