import sharp, { type Metadata } from 'sharp'
import { Fault } from '../faults.ts'
import type { Facts, Limits } from '../plan/facts.ts'
import type { SourceFormat } from '../plan/plan.ts'
import { hasDecoder, loadDecoder } from './decoders/decoder.ts'
import { estimateQuality } from './jpeg-quality.ts'
import { pictureFault } from './libvips.ts'
import { checkInput } from './limits.ts'
import { sniff } from './sniff.ts'
import { svgFacts } from './svg.ts'
import type { Workers } from './workers.ts'

/**
 * Facts of a picture from its header: no pixel is decoded. Bytes decide the format. A TIFF of several pages counts as its
 * first page, an AVIF sequence as its still picture, an APNG as its first; only GIF and WebP have frames. Formats whose
 * facts take a parser (PDF) are read in a worker thread; without `workers` they are Fault unsupported.
 *
 * Faults: not-an-image (unknown format), unsupported (known, but no decoder here), image-corrupt (the header cannot be read),
 * too-large (pixels × frames, or frames, above the limits).
 */
export async function probe(bytes: Uint8Array, limits: Limits, workers?: Workers): Promise<Facts> {
  const format = sniff(bytes)
  if (format === undefined) throw new Fault('not-an-image', undefined, { context: { bytes: bytes.length } })
  // Whatever sides a drawing says, it may be handed on, or drawn at others.
  if (format === 'svg') return svgFacts(bytes)
  const facts = isSharpFormat(format)
    ? await sharpFacts(bytes, format)
    : await foreignFacts(bytes, format, limits, workers)
  checkInput(facts, limits)
  return facts
}

/** Whether a picture must go through `decoders/` instead of being handed to sharp. */
export function needsDecoder(format: SourceFormat): boolean {
  return hasDecoder(format)
}

async function foreignFacts(
  bytes: Uint8Array,
  format: SourceFormat,
  limits: Limits,
  workers: Workers | undefined,
): Promise<Facts> {
  const decoder = await loadDecoder(format)
  if (decoder.probing === 'header') return decoder.probe(bytes, limits)
  if (!workers) throw new Fault('unsupported', 'documents are not read here', { context: { format } })
  return workers.run('probe', { bytes, format, limits })
}

type SharpFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff'
const SHARP_NAMES: Readonly<Record<SharpFormat, string>> = {
  jpeg: 'jpeg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  avif: 'heif',
  tiff: 'tiff',
}

function isSharpFormat(format: SourceFormat): format is SharpFormat {
  return Object.hasOwn(SHARP_NAMES, format)
}

async function sharpFacts(bytes: Uint8Array, format: SharpFormat): Promise<Facts> {
  const metadata = await readHeader(bytes, format)
  // A file that begins as one format and is read as another has been made to deceive.
  const honest = metadata.format === SHARP_NAMES[format] && (format !== 'avif' || metadata.compression === 'av1')
  const { width, height } = metadata
  if (!honest || !(width > 0) || !(height > 0)) {
    throw new Fault('image-corrupt', undefined, { context: { format } })
  }
  const frames = format === 'gif' || format === 'webp' ? Math.max(1, metadata.pages ?? 1) : 1
  const quality = format === 'jpeg' ? estimateQuality(bytes) : undefined
  return {
    format,
    width,
    height,
    frames,
    orientation: orientationOf(metadata.orientation),
    alpha: metadata.hasAlpha,
    depth: depthOf(metadata.depth),
    space: spaceOf(metadata.space),
    profile: metadata.hasProfile,
    annotated: metadata.exif !== undefined || metadata.xmp !== undefined,
    bytes: bytes.length,
    ...(metadata.density === undefined ? {} : { density: metadata.density }),
    ...(quality === undefined ? {} : { quality }),
    ...(frames > 1 ? { delays: metadata.delay ?? [], loop: metadata.loop ?? 0 } : {}),
  }
}

async function readHeader(bytes: Uint8Array, format: SharpFormat): Promise<Metadata> {
  try {
    // Without a pixel limit here: the header says the size, and `checkInput` compares it with ours.
    return await sharp(bytes, { failOn: 'warning', limitInputPixels: false }).metadata()
  } catch (error) {
    throw pictureFault(error, { format })
  }
}

/** Values outside of 1…8 are nonsense that cameras and editors do write; viewers show such pictures as stored. */
function orientationOf(value: number | undefined): number {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= 8 ? value : 1
}

function depthOf(depth: string): Facts['depth'] {
  if (depth === 'uchar' || depth === 'char') return 8
  return depth === 'ushort' || depth === 'short' ? 16 : 32
}

function spaceOf(space: string): Facts['space'] {
  switch (space) {
    case 'srgb':
    case 'rgb':
    case 'rgb16':
      return 'rgb'
    case 'b-w':
    case 'grey16':
      return 'grey'
    case 'cmyk':
      return 'cmyk'
    default:
      return 'other'
  }
}
