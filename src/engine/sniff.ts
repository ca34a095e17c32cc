import type { SourceFormat } from '../plan/plan.ts'
import { isSvg } from './svg.ts'

/** What the bytes say they are; names and content types are never believed. Looks at the first 16 KB at most. */
export function sniff(bytes: Uint8Array): SourceFormat | undefined {
  return SIGNATURES.find(({ matches }) => matches(bytes))?.format
}

type Signature = { readonly format: SourceFormat; matches(bytes: Uint8Array): boolean }

/** Strong signatures first; those of two or four common bytes ask for more of the header. */
const SIGNATURES: readonly Signature[] = [
  { format: 'jpeg', matches: starts('\xff\xd8\xff') },
  { format: 'png', matches: starts('\x89PNG\r\n\x1a\n') },
  { format: 'gif', matches: either(starts('GIF87a'), starts('GIF89a')) },
  { format: 'webp', matches: (bytes) => text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 4) === 'WEBP' },
  { format: 'avif', matches: (bytes) => heifKind(bytes) === 'avif' },
  { format: 'heic', matches: (bytes) => heifKind(bytes) === 'heic' },
  // Classic TIFF and BigTIFF, little and big endian.
  { format: 'tiff', matches: either(starts('II*\0'), starts('MM\0*'), starts('II+\0\x08\0'), starts('MM\0+\0\x08')) },
  { format: 'jxl', matches: either(starts('\xff\x0a'), starts('\0\0\0\x0cJXL \r\n\x87\n')) },
  { format: 'pdf', matches: starts('%PDF-') },
  { format: 'psd', matches: either(starts('8BPS\0\x01'), starts('8BPS\0\x02')) },
  { format: 'bmp', matches: isBmp },
  { format: 'ico', matches: isIco },
  { format: 'svg', matches: isSvg },
]

function starts(signature: string): (bytes: Uint8Array) => boolean {
  return (bytes) => text(bytes, 0, signature.length) === signature
}

function either(...tests: readonly ((bytes: Uint8Array) => boolean)[]): (bytes: Uint8Array) => boolean {
  return (bytes) => tests.some((test) => test(bytes))
}

/** Latin-1: one character a byte. */
function text(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length))
}

const AVIF_BRANDS = ['avif', 'avis']
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']
const GENERAL_BRANDS = ['mif1', 'msf1', 'mif2', 'miaf']

/** Reads the `ftyp` box (ISO/IEC 14496-12 §4.3): the major brand decides, a general one hands over to the compatible brands. */
function heifKind(bytes: Uint8Array): 'avif' | 'heic' | undefined {
  if (text(bytes, 4, 4) !== 'ftyp' || bytes.length < 16) return undefined
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0)
  const major = text(bytes, 8, 4)
  const brands = [major]
  if (GENERAL_BRANDS.includes(major)) {
    for (let at = 16; at + 4 <= Math.min(size, bytes.length, 1024); at += 4) brands.push(text(bytes, at, 4))
  }
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return 'avif'
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? 'heic' : undefined
}

const BMP_HEADER_SIZES = [12, 16, 40, 52, 56, 64, 108, 124]

/** `BM` is too common a beginning of text: the size of the second header must be a known one. */
function isBmp(bytes: Uint8Array): boolean {
  if (text(bytes, 0, 2) !== 'BM' || bytes.length < 18) return false
  return BMP_HEADER_SIZES.includes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(14, true))
}

/** Type 1 (icon), at least one entry, and the first entry's reserved byte zero with its data inside the file. */
function isIco(bytes: Uint8Array): boolean {
  if (text(bytes, 0, 4) !== '\0\0\x01\0' || bytes.length < 22) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries = view.getUint16(4, true)
  const end = view.getUint32(14, true) + view.getUint32(18, true)
  return entries > 0 && bytes[9] === 0 && end <= bytes.length
}
