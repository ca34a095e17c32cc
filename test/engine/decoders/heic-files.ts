/**
 * HEIC files for tests. No encoder of HEVC comes as a package, so these three were made once: the quadrants of
 * `support/pictures.ts`, 64×32, written as PNG and encoded by libheif's own `heif-enc -q 60 -p chroma=444`.
 */
const file = (base64: string) => Buffer.from(base64, 'base64')

/** Quadrants. */
export const PLAIN = file(
  'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAAEAAIAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHSAAEAAAAAAAAA1gACAAEAAAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADZaXBycAAAALdpcGNvAAAAd2h2Y0MBBAgAAAAAAAAAAAAe8AD8//j4AAAPAyAAAQAXQAEMAf//BAgAAAMAnjgAAAMAAB66AkAhAAEAKkIBAQQIAAADAJ44AAADAAAekAQQILLdXJTXNwICBgQAAAMABAAAAwAEICIAAQAIRAHBcxgwCJAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABRpc3BlAAAAAAAAAEAAAAAgAAAAEHBpeGkAAAAAAwgICAAAABppcG1hAAAAAAAAAAIAAQKBAgACAgOEAAAAGmlyZWYAAAAAAAAADmRpbWcAAgABAAEAAADebWRhdAAAANIoAa8J4OFXOTQf/+t8T/+5adl+pWShSKP/M04r+sbeP/TiZ2H2NnMn4JLJp1Tqf0HojNzKLdUGBUnsPtH8/8P5//g1Bu12QY/DOWf8D1p/suIvb/6LaNEnS38EqYu1D11JhYoUivqnKNiajd3OXKHLf/VNCZm21fXsTxbWpPw4y927au1O7WjBKsRvnBJVOuvNblKQ8SgLgaWHFCS60ugS6Pg9GFwBnQfbQiYRy86GK3hwXmt0zHBz4wXbFw0zn26d0KTn1r+Ikx6juwWhpmrCzxg=',
)

/** Quadrants whose right half is transparent. */
export const HALF = file(
  'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAv1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAACAAAAGGlkYXQAAAAAAEAAIAAAAAAAQAAgAAAAYGlsb2MBAAAAREAABAABAAAAAAAAAyEAAQAAAAAAAADWAAIAAQAAAAAAAAABAAAAAAAAAAgAAwAAAAAAAAP3AAEAAAAAAAAAqAAEAAEAAAAAAAAAAQAAAAgAAAAIAAAAYmlpbmYAAAAAAAQAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAAAVaW5mZQIAAAEAAwAAaHZjMQAAAAAVaW5mZQIAAAAABAAAZ3JpZAAAAAGyaXBycAAAAYVpcGNvAAAAd2h2Y0MBBAgAAAAAAAAAAAAe8AD8//j4AAAPAyAAAQAXQAEMAf//BAgAAAMAnjgAAAMAAB66AkAhAAEAKkIBAQQIAAADAJ44AAADAAAekAQQILLdXJTXNwICBgQAAAMABAAAAwAEICIAAQAIRAHBcxgwCJAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABRpc3BlAAAAAAAAAEAAAAAgAAAAEHBpeGkAAAAAAwgICAAAAHFodmNDAQQIAAAAAAAAAAAAHvAA/Pz4+AAADwMgAAEAF0ABDAH//wQIAAADAJ/4AAADAAAeugJAIQABACZCAQEECAAAAwCf+AAAAwAAHsCCBBZbq5Ka5sCAAAADAIAAAAMAhCIAAQAGRAHBc8CJAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAUaXNwZQAAAAAAAABAAAAAIAAAAA5waXhpAAAAAAEIAAAAJ2F1eEMAAAAAdXJuOm1wZWc6aGV2YzoyMDE1OmF1eGlkOjEAAAAAJWlwbWEAAAAAAAAABAABAoECAAICA4QAAwKFBgAEAweIiQAAADZpcmVmAAAAAAAAAA5kaW1nAAIAAQABAAAADmRpbWcABAABAAMAAAAOYXV4bAAEAAEAAgAAAYZtZGF0AAAA0igBrwng4Vc5NB//63xP/7lp2X6lZKFIo/8zTiv6xt4/9OJnYfY2cyfgksmnVOp/QeiM3Mot1QYFSew+0fz/w/n/+DUG7XZBj8M5Z/wPWn+y4i9v/oto0SdLfwSpi7UPXUmFihSK+qco2JqN3c5coct/9U0JmbbV9exPFtak/DjL3btq7U7taMEqxG+cElU6681uUpDxKAuBpYcUJLrS6BLo+D0YXAGdB9tCJhHLzoYreHBea3TMcHPjBdsXDTOfbp3QpOfWv4iTHqO7BaGmasLPGAAAAKQoAa4TwGt8Q94/xLvTR//9VUUoibnQMRQqhvPalffVaneSVw+/t9Cc+SFBkB9v/na2o+PCCyDlRYg759icD5ynEAaf4vXgf/gP/NQ/5RyH/wIAny3Co9TMiAMfvIaL2s2txr8XpnYe3+eHE/+dqgziC9uf032IzvyPNMmiZrQCmx12XxvBd8TuOEL66j3YO8QUQPin1roddwLX6XYb7Yc17C5osA==',
)

/** Quadrants of ten bits a channel (from a PNG of 16 bits, `-b 10`). */
export const DEEP = file(
  'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAAEAAIAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHSAAEAAAAAAAAAkgACAAEAAAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADZaXBycAAAALdpcGNvAAAAd2h2Y0MBBAgAAAAAAAAAAAAe8AD8//r6AAAPAyAAAQAXQAEMAf//BAgAAAMAnDgAAAMAAB66AkAhAAEAKkIBAQQIAAADAJw4AAADAAAekAQQIJst1clNc3AgIGBAAAADAEAAAAMAQiIAAQAIRAHBcxgwCJAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABRpc3BlAAAAAAAAAEAAAAAgAAAAEHBpeGkAAAAAAwoKCgAAABppcG1hAAAAAAAAAAIAAQKBAgACAgOEAAAAGmlyZWYAAAAAAAAADmRpbWcAAgABAAEAAACabWRhdAAAAI4oAa8J4CM2LM//6lv//6QHyH5vixKCQ/+grn385GP/+YMA1DFmcPvnL/8zw//pygo0lLr82c6/vjjq+keYcxvQChdJ3g+JY71aN3ZC5HIzRkJnabEmlsB4If3FW3S1ZMWi7KstOj/81SPwxFA198Bfi4Ey55UliFqTLIUTrLD9x02r4SevajeGjtouVaQI',
)

/** Turned anticlockwise by so many quarters (irot). */
export const turn = (quarters: number) => box('irot', Buffer.from([quarters]))
/** Left and right exchanged, or top and bottom (imir). */
export const mirror = (how: 'left-right' | 'top-bottom') => box('imir', Buffer.from([how === 'left-right' ? 1 : 0]))
/** An ICC profile (colr). */
export const profile = (icc: Uint8Array) => box('colr', Buffer.concat([Buffer.from('prof'), icc]))

/** The file with further properties of its primary picture, which must be the last item of its list of associations. */
export function withProperties(original: Buffer, ...properties: readonly Buffer[]): Buffer {
  return properties.reduce(withProperty, original)
}

function box(type: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.write(type, 4)
  return Buffer.concat([head, body])
}

function withProperty(original: Buffer, property: Buffer): Buffer {
  const find = (type: string) => original.indexOf(type) - 4
  const end = (type: string) => find(type) + original.readUInt32BE(find(type))
  const properties = children(original, find('ipco') + 8, end('ipco'))
  const association = find('ipma')
  const grown = Buffer.from(original)
  const grow = (type: string, by: number) => grown.writeUInt32BE(grown.readUInt32BE(find(type)) + by, find(type))
  for (const type of ['ipco', 'iprp', 'meta']) grow(type, property.length)
  for (const type of ['ipma', 'iprp', 'meta']) grow(type, 1)

  // Version 0: items of two bytes, associations of one.
  let entry = association + 16
  for (let left = original.readUInt32BE(association + 12); left > 1; left--) entry += 3 + original.readUInt8(entry + 2)
  grown.writeUInt8(original.readUInt8(entry + 2) + 1, entry + 2)

  // Version 1 with offsets, lengths and bases of four bytes: what lies in the file moves, what lies in idat does not.
  const location = find('iloc')
  for (let i = 0, at = location + 16; i < original.readUInt16BE(location + 14); i++) {
    if (original.readUInt16BE(at + 2) === 0)
      grown.writeUInt32BE(original.readUInt32BE(at + 6) + property.length + 1, at + 6)
    at += 12 + 8 * original.readUInt16BE(at + 10)
  }
  return Buffer.concat([
    grown.subarray(0, end('ipco')),
    property,
    grown.subarray(end('ipco'), end('ipma')),
    Buffer.from([properties + 1]),
    grown.subarray(end('ipma')),
  ])
}

function children(bytes: Buffer, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at += bytes.readUInt32BE(at)) count++
  return count
}
