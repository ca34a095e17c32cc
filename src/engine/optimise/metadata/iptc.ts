import type { KeepTags } from '../keep.ts'

const DATA_SET = 0x1c
/** Longer data sets use an extended length, which no text that is kept needs. */
const EXTENDED = 0x8000
const MOST_DATA_SETS = 2_000

/** The copyright notice (2:116), and how it is encoded (1:90); undefined when it is not kept or not there. IPTC-IIM 4.2 §1.5. */
export function narrowIptc(block: Uint8Array, keep: KeepTags): Uint8Array | undefined {
  if (!keep.copyright) return undefined
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  let encoding: Uint8Array | undefined
  let notice: Uint8Array | undefined
  let at = 0
  for (let seen = 0; seen < MOST_DATA_SETS && at + 5 <= block.length && block[at] === DATA_SET; seen++) {
    const length = view.getUint16(at + 3)
    const end = at + 5 + length
    if (length >= EXTENDED || end > block.length) break
    const name = `${block[at + 1]}:${block[at + 2]}`
    if (name === '1:90') encoding = block.subarray(at, end)
    if (name === '2:116') notice = block.subarray(at, end)
    at = end
  }
  return notice && Buffer.concat(encoding ? [encoding, notice] : [notice])
}

const RESOURCE = '8BIM'
const IPTC_RESOURCE = 0x0404

/** The IPTC block among Photoshop's image resources, what follows `Photoshop 3.0\0` in a JPEG. */
export function readResources(resources: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(resources.buffer, resources.byteOffset, resources.length)
  let at = 0
  while (at + 12 <= bytes.length && bytes.toString('latin1', at, at + 4) === RESOURCE) {
    const id = bytes.readUInt16BE(at + 4)
    // A Pascal string, padded to an even number of bytes with its length.
    const name = 1 + bytes.readUInt8(at + 6)
    const start = at + 6 + name + (name & 1)
    if (start + 4 > bytes.length) return undefined
    const end = start + 4 + bytes.readUInt32BE(start)
    if (end > bytes.length) return undefined
    if (id === IPTC_RESOURCE) return bytes.subarray(start + 4, end)
    at = end + ((end - start) % 2)
  }
  return undefined
}

/** Image resources that hold nothing but the IPTC block. */
export function writeResources(iptc: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + iptc.length + (iptc.length & 1))
  out.write(RESOURCE, 'latin1')
  out.writeUInt16BE(IPTC_RESOURCE, 4)
  out.writeUInt32BE(iptc.length, 8)
  out.set(iptc, 12)
  return out
}
