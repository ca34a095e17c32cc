import type { SourceFormat } from './plan.ts'

/** The media type of a format, as registered with IANA. */
export function mediaType(format: SourceFormat): string {
  return MEDIA_TYPES[format]
}

const MEDIA_TYPES: Readonly<Record<SourceFormat, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  heic: 'image/heic',
  tiff: 'image/tiff',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
  jxl: 'image/jxl',
  ico: 'image/vnd.microsoft.icon',
  pdf: 'application/pdf',
  psd: 'image/vnd.adobe.photoshop',
}
