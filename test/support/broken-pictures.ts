/** Files that are damaged, lie about themselves or try to exhaust the server. All are small. */
import { crc32 } from 'node:zlib'
import { gradient, noise, photo } from './pictures.ts'

/** A JPEG that ends in the middle of its pixels. */
export async function truncatedJpeg(): Promise<Buffer> {
  const whole = await photo(200, 150, 'jpeg')
  return whole.subarray(0, Math.floor(whole.length * 0.6))
}

/** A PNG that ends in the middle of its pixels. */
export async function truncatedPng(): Promise<Buffer> {
  const whole = await noise(100, 100)
  return whole.subarray(0, Math.floor(whole.length * 0.6))
}

/** The first bytes of a file of any kind: enough to be recognised, not enough to be a picture. */
export async function headOnly(
  as: 'png' | 'jpeg' | 'gif' | 'webp' | 'avif' | 'tiff' | 'bmp',
  bytes = 20,
): Promise<Buffer> {
  return (await gradient(64, 64, as)).subarray(0, bytes)
}

/** A well-formed PNG head that claims the given sides over a few bytes of pixels. */
export function lyingPng(width = 30_000, height = 30_000): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  // An empty deflate stream: valid, and far too short for the claimed sides.
  const pixels = Buffer.from([0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01])
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

/** A GIF of `frames` pictures of one pixel each on a canvas of the given sides. */
export function gifBomb(frames: number, width = 1, height = 1): Buffer {
  const head = Buffer.alloc(19)
  head.write('GIF89a', 0, 'latin1')
  head.writeUInt16LE(width, 6)
  head.writeUInt16LE(height, 8)
  // Global colour table of two entries: black, white.
  head.set([0x80, 0, 0, 0, 0, 0, 255, 255, 255], 10)
  const frame = Buffer.from([0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0])
  const parts: Buffer[] = [head]
  for (let i = 0; i < frames; i++) parts.push(frame)
  return Buffer.concat([...parts, Buffer.from([0x3b])])
}

/** An empty ZIP archive, whatever its name says. */
export const zip = (): Buffer => Buffer.from('UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==', 'base64')

export const empty = (): Buffer => Buffer.alloc(0)

export const html = (): Buffer => Buffer.from('<!doctype html><html><script>alert(1)</script></html>')

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}
