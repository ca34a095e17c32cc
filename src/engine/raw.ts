/** Decoded pixels: 8 bits a channel, rows without padding, channels interleaved (1 grey, 2 grey+alpha, 3 RGB, 4 RGBA), alpha not premultiplied. */
export type Raw = {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  readonly channels: number
}
