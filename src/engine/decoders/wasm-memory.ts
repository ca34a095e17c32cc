/** Size of a page of WebAssembly memory in bytes. */
export const WASM_PAGE = 65_536
const MEMORY_SECTION = 5
/** Magic number and version. */
const HEADER = 8

/**
 * Compiled code whose memory never grows beyond so many bytes (a multiple of `WASM_PAGE`): the limit is written into the code
 * itself, so that the instruction `memory.grow` obeys it (WebAssembly Core 2.0 §5.5.8). For code that makes one memory of its
 * own. Throws an Error for other code.
 */
export function withMemoryLimit(code: Uint8Array, bytes: number): Uint8Array {
  for (let at = HEADER; at < code.length; ) {
    const length = readUnsigned(code, at + 1)
    const end = length.next + length.value
    if (code[at] === MEMORY_SECTION) {
      const count = readUnsigned(code, length.next)
      const initial = readUnsigned(code, count.next + 1)
      const most = Math.floor(bytes / WASM_PAGE)
      if (count.value !== 1 || initial.value > most) break
      const content = [1, 1, ...unsigned(initial.value), ...unsigned(most)]
      return Buffer.concat([
        code.subarray(0, at),
        Buffer.from([MEMORY_SECTION, ...unsigned(content.length), ...content]),
        code.subarray(end),
      ])
    }
    at = end
  }
  throw new Error('the code has no memory that could be limited so')
}

/** LEB128, as all numbers in the format. */
function readUnsigned(code: Uint8Array, from: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let at = from, scale = 1; ; at++, scale *= 128) {
    const byte = code[at]
    if (byte === undefined) throw new Error('the code ends in the middle of a number')
    value += (byte & 127) * scale
    if (byte < 128) return { value, next: at + 1 }
  }
}

function unsigned(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}
