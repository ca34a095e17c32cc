import type { Delivered } from '../../src/delivery/delivery.ts'

/** The bytes of an answer, wherever they come from. */
export async function bytesOf({ body }: Delivered, range?: { start: number; end: number }): Promise<Buffer> {
  if (body.kind === 'bytes') return range ? body.bytes.subarray(range.start, range.end + 1) : body.bytes
  const parts: Uint8Array[] = []
  for await (const part of body.open(range)) parts.push(part)
  return Buffer.concat(parts)
}

export async function textOf(delivered: Delivered): Promise<string> {
  return String(await bytesOf(delivered))
}
