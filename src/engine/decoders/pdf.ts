import { Fault } from '../../faults.ts'
import type { Facts, Limits, Size } from '../../plan/facts.ts'
import type { Decoded, Decoder } from './decoder.ts'
import { requirePage } from './page.ts'
import { openPdf, type PdfDocument } from './pdfium.ts'

/** imagekit §12: larger documents are refused before anything looks into them. */
export const MAX_PDF_BYTES = 5 * 2 ** 20
/** Dots per inch at which a page becomes pixels, as hosted services do. */
export const PDF_DENSITY = 150
/** A page of poster size gets fewer dots an inch instead of more pixels than this. */
const PAGE_PIXELS = 25_000_000
const MAX_SIDE = 16_383
/** Pages whose sides are remembered; further ones can be counted, but not asked for. */
const KNOWN_PAGES = 2000

/** PDF pages on white paper, through PDFium compiled to WebAssembly (package @hyzyla/pdfium), which runs no scripts. */
export const pdf: Decoder = {
  formats: ['pdf'],
  probing: 'parser',

  probe(bytes: Uint8Array, limits: Limits): Promise<Facts> {
    checkSize(bytes)
    return openPdf(bytes, bitmapBytes(limits), (document) => {
      const count = countPages(document)
      const pages = Array.from({ length: Math.min(count, KNOWN_PAGES) }, (_, i) => rendering(document, i, limits))
      const [first = rendering(document, 0, limits)] = pages
      const sizes = pages.map(({ width, height }) => ({ width, height }))
      const equal = sizes.every(({ width, height }) => width === first.width && height === first.height)
      return {
        format: 'pdf',
        width: first.width,
        height: first.height,
        frames: 1,
        pages: { count, ...(equal && count <= KNOWN_PAGES ? {} : { sizes }) },
        orientation: 1,
        alpha: false,
        depth: 8,
        space: 'rgb',
        profile: false,
        bytes: bytes.length,
        density: first.density,
      }
    })
  },

  decode(bytes: Uint8Array, limits: Limits, page: number): Promise<Decoded> {
    checkSize(bytes)
    return openPdf(bytes, bitmapBytes(limits), (document) => {
      requirePage(page, Math.min(countPages(document), KNOWN_PAGES))
      const { width, height } = rendering(document, page - 1, limits)
      const data = document.render(page - 1, { width, height })
      return { kind: 'pixels', raw: { data, width, height, channels: 3 } }
    })
  },
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length <= MAX_PDF_BYTES) return
  throw new Fault('too-large', 'the document has too many bytes', {
    context: { format: 'pdf', bytes: bytes.length, limit: MAX_PDF_BYTES },
  })
}

function bitmapBytes(limits: Limits): number {
  return 4 * Math.min(PAGE_PIXELS, limits.inputPixels)
}

function countPages(document: PdfDocument): number {
  const count = document.pageCount()
  if (count < 1) throw new Fault('image-corrupt', 'the document has no pages', { context: { format: 'pdf' } })
  return count
}

/** Sides in pixels of a page (0-based), and the density that gives them. */
function rendering(document: PdfDocument, index: number, limits: Limits): Size & { readonly density: number } {
  const { width, height } = document.pageSize(index)
  if (!(width > 0) || !(height > 0) || !Number.isFinite(width * height)) {
    throw new Fault('image-corrupt', 'the page has no size', { context: { format: 'pdf', page: index + 1 } })
  }
  const most = Math.min(PAGE_PIXELS, limits.inputPixels)
  const scale = Math.min(PDF_DENSITY / 72, Math.sqrt(most / (width * height)), MAX_SIDE / Math.max(width, height))
  // Floored only where a limit decides, so that rounding never exceeds it.
  const side = (points: number) =>
    Math.max(1, scale === PDF_DENSITY / 72 ? Math.round(points * scale) : Math.floor(points * scale))
  return { width: side(width), height: side(height), density: Math.max(1, Math.round(scale * 72)) }
}
