import sharp from 'sharp'

/** 8-bit sRGB pixels, frames one below the other; `height` is that of one frame. */
export type RawFrames = {
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
  readonly frames: number
  /** Milliseconds per frame. */
  readonly delay?: number
  readonly pixels: Uint8Array
}

/** Writes pixels as a file a camera or a drawing program would have written: JPEG at quality 90, PNG, or an endless GIF. */
export function encodeRaw(picture: RawFrames, format: 'jpeg' | 'png' | 'gif'): Promise<Buffer> {
  const { width, height, channels, frames, delay, pixels } = picture
  const pipeline = sharp(pixels, {
    raw: { width, height: height * frames, channels, ...(frames > 1 && { pageHeight: height }) },
    limitInputPixels: false,
  })
  switch (format) {
    case 'jpeg':
      return pipeline.jpeg({ quality: 90 }).toBuffer()
    case 'png':
      return pipeline.png().toBuffer()
    case 'gif':
      return pipeline.gif({ loop: 0, ...(delay !== undefined && { delay: Array(frames).fill(delay) }) }).toBuffer()
  }
}
