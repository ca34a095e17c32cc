import { Fault } from '../../faults.ts'
import type { Size } from '../../plan/facts.ts'
import { codecLoader, type FactoryOptions, inSandbox } from './wasm.ts'

/** An open document; valid inside of the call that opened it. Pages are counted from 0. */
export type PdfDocument = {
  pageCount(): number
  /** Sides in points (1/72 inch), the page turned as it says. */
  pageSize(page: number): Size
  /** RGB, 8 bits, the page stretched to the sides, on white, with annotations and filled forms. */
  render(page: number, size: Size): Uint8Array
}

/** PDFium's parser, fonts and caches. */
const CODEC_BYTES = 192 * 2 ** 20
const TIMES_FILE = 8

/**
 * Opens a document with PDFium and hands it to `work`; `bitmap` is the largest bitmap in bytes that it may draw.
 * Fault image-corrupt; unsupported when a password is needed; too-large when it takes more memory than allowed.
 */
export function openPdf<R>(bytes: Uint8Array, bitmap: number, work: (document: PdfDocument) => R): Promise<R> {
  return codec().then((loaded) =>
    inSandbox('pdf', loaded, CODEC_BYTES + TIMES_FILE * bytes.length + 2 * bitmap, async (factory, options) => {
      const pdfium = await factory(options)
      pdfium._FPDF_InitLibrary()
      const document = load(pdfium, bytes)
      return work({
        pageCount: () => pdfium._FPDF_GetPageCount(document),
        pageSize: (page) => pageSize(pdfium, document, page),
        render: (page, size) => render(pdfium, document, page, size),
      })
    }),
  )
}

/** The functions of PDFium's C interface (fpdfview.h, fpdf_formfill.h) that are used here. Pointers are numbers. */
type Pdfium = {
  readonly HEAPU8: Uint8Array
  readonly wasmExports: { malloc(size: number): number }
  _FPDF_InitLibrary(): void
  _FPDF_LoadMemDocument(at: number, size: number, password: number): number
  _FPDF_GetLastError(): number
  _FPDF_GetPageCount(document: number): number
  _FPDF_GetPageSizeByIndexF(document: number, page: number, size: number): number
  _FPDF_LoadPage(document: number, page: number): number
  _FPDFBitmap_CreateEx(width: number, height: number, format: number, at: number, stride: number): number
  _FPDFBitmap_FillRect(bitmap: number, left: number, top: number, width: number, height: number, colour: number): number
  _FPDF_RenderPageBitmap(
    ...args: readonly [
      bitmap: number,
      page: number,
      x: number,
      y: number,
      w: number,
      h: number,
      turn: number,
      flags: number,
    ]
  ): void
  _FPDFDOC_InitFormFillEnvironment(document: number, callbacks: number): number
  _FPDF_FFLDraw(
    ...args: readonly [
      form: number,
      bitmap: number,
      page: number,
      x: number,
      y: number,
      w: number,
      h: number,
      turn: number,
      flags: number,
    ]
  ): void
}
type PdfiumFactory = (options: FactoryOptions) => Promise<Pdfium>

const codec = codecLoader<PdfiumFactory>({
  format: 'pdf',
  package: '@hyzyla/pdfium',
  wasm: '@hyzyla/pdfium/pdfium.wasm',
  factory: async () => (await import('@hyzyla/pdfium')).PDFiumModule,
})

/** Values of FPDF_GetLastError. */
const PASSWORD = 4
const SECURITY = 5
const BGR = 2
const ANNOTATIONS = 0x01
/** Red first instead of blue. */
const REVERSE_BYTES = 0x10
const WHITE = 0xffff_ffff

function load(pdfium: Pdfium, bytes: Uint8Array): number {
  const at = allocate(pdfium, bytes.length)
  pdfium.HEAPU8.set(bytes, at)
  const document = pdfium._FPDF_LoadMemDocument(at, bytes.length, 0)
  if (document !== 0) return document
  const error = pdfium._FPDF_GetLastError()
  if (error === PASSWORD || error === SECURITY) {
    throw new Fault('unsupported', 'the document is protected by a password', { context: { format: 'pdf' } })
  }
  throw corrupt('the document cannot be read')
}

function pageSize(pdfium: Pdfium, document: number, page: number): Size {
  const at = allocate(pdfium, 8)
  if (!pdfium._FPDF_GetPageSizeByIndexF(document, page, at)) throw corrupt('the page cannot be read')
  const view = new DataView(pdfium.HEAPU8.buffer)
  return { width: view.getFloat32(at, true), height: view.getFloat32(at + 4, true) }
}

function render(pdfium: Pdfium, document: number, index: number, { width, height }: Size): Uint8Array {
  const page = pdfium._FPDF_LoadPage(document, index)
  if (page === 0) throw corrupt('the page cannot be read')
  // PDFium wants rows that begin at a multiple of four bytes.
  const stride = Math.ceil((width * 3) / 4) * 4
  const at = allocate(pdfium, stride * height)
  const bitmap = pdfium._FPDFBitmap_CreateEx(width, height, BGR, at, stride)
  if (bitmap === 0) throw corrupt('the page cannot be drawn')
  pdfium._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
  pdfium._FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, ANNOTATIONS | REVERSE_BYTES)
  const form = formOf(pdfium, document)
  if (form !== 0) pdfium._FPDF_FFLDraw(form, bitmap, page, 0, 0, width, height, 0, REVERSE_BYTES)

  const row = width * 3
  const data = new Uint8Array(row * height)
  // Looked up again: the memory may have grown and moved while drawing.
  const memory = pdfium.HEAPU8
  for (let y = 0; y < height; y++) data.set(memory.subarray(at + y * stride, at + y * stride + row), y * row)
  return data
}

/** The fields of a form are drawn by an environment of their own; all its callbacks stay empty (FPDF_FORMFILLINFO, version 1). */
function formOf(pdfium: Pdfium, document: number): number {
  const at = allocate(pdfium, FORM_INFO_BYTES)
  pdfium.HEAPU8.fill(0, at, at + FORM_INFO_BYTES)
  pdfium.HEAPU8[at] = 1
  return pdfium._FPDFDOC_InitFormFillEnvironment(document, at)
}

const FORM_INFO_BYTES = 256

/** Never freed: the instance is thrown away with all of its memory. */
function allocate(pdfium: Pdfium, size: number): number {
  const at = pdfium.wasmExports.malloc(Math.max(1, size))
  if (at === 0) throw new RangeError('no memory')
  return at
}

function corrupt(message: string): Fault {
  return new Fault('image-corrupt', message, { context: { format: 'pdf' } })
}
