import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { Fault, systemCode } from '../faults.ts'

type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>

const gunzip: Inflate = promisify(zlib.gunzip)
const inflate: Inflate = promisify(zlib.inflate)
const inflateRaw: Inflate = promisify(zlib.inflateRaw)
const brotli: Inflate = promisify(zlib.brotliDecompress)
const zstd: Inflate = promisify(zlib.zstdDecompress)

const CODINGS: Readonly<Record<string, Inflate>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  // Servers disagree on whether `deflate` has the zlib frame that the standard asks for.
  deflate: (bytes, options) => (hasZlibFrame(bytes) ? inflate(bytes, options) : inflateRaw(bytes, options)),
  br: brotli,
  zstd,
}

/** More than this many codings upon one another are no honest answer. */
const LAYERS = 3

/**
 * Undoes a Content-Encoding (gzip, deflate, br, zstd, identity, or a list of them in the order they were applied). Never
 * holds more than `limitBytes` of output. Throws Fault too-large above it, unsupported for an unknown coding, and
 * image-corrupt when the bytes are not what the coding says.
 */
export async function decodeBody(
  bytes: Uint8Array,
  encoding: string | undefined,
  limitBytes: number,
): Promise<Uint8Array> {
  const codings = (encoding ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
  if (codings.length > LAYERS) throw new Fault('unsupported', 'too many content codings')
  let result = bytes
  for (const coding of codings.reverse()) {
    const undo = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined
    if (undo === undefined)
      throw new Fault('unsupported', 'unknown content coding', { context: { encoding: coding.slice(0, 32) } })
    result = await limited(undo, result, limitBytes)
  }
  if (result.byteLength > limitBytes) throw tooLarge(limitBytes)
  return result
}

async function limited(undo: Inflate, bytes: Uint8Array, limitBytes: number): Promise<Uint8Array> {
  try {
    return await undo(bytes, { maxOutputLength: Math.max(1, limitBytes) })
  } catch (error) {
    if (systemCode(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limitBytes)
    throw new Fault('image-corrupt', 'the content coding is damaged or cut off', { cause: error })
  }
}

/** RFC 1950 §2.2: method 8, and the first two bytes are a multiple of 31. */
function hasZlibFrame(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
}

function tooLarge(limit: number): Fault {
  return new Fault('too-large', `the decoded body is larger than ${limit} bytes`, { context: { limit } })
}
