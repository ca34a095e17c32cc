/** Uncompressed TIFF (Adobe TIFF 6.0) around pixels that need more said about them than their values. */

export type TiffPixels = {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  /** Colours as stored: grey 1, rgb 3, inks 4 (0 = no ink); one channel more is alpha, not premultiplied. */
  readonly space: 'grey' | 'rgb' | 'cmyk'
  readonly alpha: boolean
  readonly profile?: Uint8Array | undefined
}

const COLOURS = { grey: 1, rgb: 3, cmyk: 4 } as const
const PHOTOMETRIC = { grey: 1, rgb: 2, cmyk: 5 } as const
const SHORT = 3
const LONG = 4
const UNDEFINED = 7

/** One strip, 8 bits a channel, interleaved, little endian. */
export function writeTiff({ data, width, height, space, alpha, profile }: TiffPixels): Uint8Array {
  const channels = COLOURS[space] + (alpha ? 1 : 0)
  const size = width * height * channels
  if (data.length !== size) throw new RangeError('the pixels do not fill the picture')
  const pixelsAt = 8
  const bitsAt = pixelsAt + size + (size % 2)
  const profileAt = bitsAt + channels * 2
  const profileSize = profile?.length ?? 0
  const directoryAt = profileAt + profileSize + (profileSize % 2)

  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    // One or two values stand in the entry itself.
    channels <= 2 ? [258, SHORT, channels, channels === 1 ? 8 : 0x0008_0008] : [258, SHORT, channels, bitsAt],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, PHOTOMETRIC[space]],
    [273, LONG, 1, pixelsAt],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height],
    [279, LONG, 1, size],
    [284, SHORT, 1, 1],
    ...(alpha ? [[338, SHORT, 1, 2] as const] : []),
    ...(profileSize > 0 ? [[34675, UNDEFINED, profileSize, profileAt] as const] : []),
  ]

  const file = new Uint8Array(directoryAt + 2 + entries.length * 12 + 4)
  const view = new DataView(file.buffer)
  file.set([0x49, 0x49, 42, 0])
  view.setUint32(4, directoryAt, true)
  file.set(data, pixelsAt)
  for (let i = 0; i < channels; i++) view.setUint16(bitsAt + 2 * i, 8, true)
  if (profile) file.set(profile, profileAt)
  view.setUint16(directoryAt, entries.length, true)
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = directoryAt + 2 + 12 * i
    view.setUint16(at, tag, true)
    view.setUint16(at + 2, type, true)
    view.setUint32(at + 4, count, true)
    view.setUint32(at + 8, value, true)
  }
  return file
}
