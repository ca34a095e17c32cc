/** Values of the CDN grammar, read from raw text: bare, quoted, lists (filestack §4.1). Every character is looked at once. */
import { Fault } from '../../../faults.ts'

export type Value = string | readonly Value[]

/** Text that is being read. `encoded`: as it stands in a URL, one character per byte; else plain text. */
export type Scan = { readonly text: string; readonly encoded: boolean; at: number }

/** Lists in lists. */
const DEEPEST = 8

/** What cannot be read. */
export function malformed(problem: string): Fault {
  return new Fault('bad-parameter', `invalid request: ${problem}`)
}

/** Reads a value up to a comma, the end, or (outside of lists) a slash; what follows is left to the caller. */
export function readValue(scan: Scan, depth = 0): Value {
  const quote = quoteAt(scan)
  if (quote !== '') return readQuoted(scan, quote)
  const opening = bracketAt(scan, '[', '%5b')
  if (opening > 0) return readList(scan, opening, depth)
  const start = scan.at
  const inList = depth > 0
  while (!atEnd(scan) && !isEndOfBare(scan, inList)) scan.at += 1
  return plain(scan, start, scan.at)
}

/** The quote that begins here, as it is spelled; it ends with the same spelling, so that the other one can stand inside. */
export function quoteAt({ text, encoded, at }: Scan): string {
  if (text[at] === '"') return '"'
  return encoded && text.startsWith('%22', at) ? '%22' : ''
}

export function readQuoted(scan: Scan, quote: string): string {
  const start = scan.at + quote.length
  const end = scan.text.indexOf(quote, start)
  if (end === -1) throw malformed('a quote does not end')
  scan.at = end + quote.length
  return plain(scan, start, end)
}

export function isListAt(scan: Scan): boolean {
  return bracketAt(scan, '[', '%5b') > 0
}

export function atEnd({ text, at }: Scan): boolean {
  return at >= text.length
}

/**
 * Percent-decodes once, as UTF-8. A URL that is not encoded as a whole keeps its own escapes; what is no escape stays. Throws Fault
 * bad-parameter for bytes that are no text.
 */
export function decoded(raw: string): string {
  const bytes = URL_BEGINS.test(raw)
    ? raw
    : raw.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  if (!/[\x80-\xff]/.test(bytes)) return bytes
  try {
    return UTF_8.decode(Buffer.from(bytes, 'latin1'))
  } catch (cause) {
    throw new Fault('bad-parameter', 'invalid request: a part of it is not UTF-8', { cause })
  }
}

const URL_BEGINS = /^https?:\//i
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function plain({ text, encoded }: Scan, start: number, end: number): string {
  const piece = text.slice(start, end)
  return encoded ? decoded(piece) : piece
}

function readList(scan: Scan, opening: number, depth: number): readonly Value[] {
  if (depth >= DEEPEST) throw malformed('lists are nested too deep')
  scan.at += opening
  const items: Value[] = []
  const empty = closingAt(scan)
  if (empty > 0) {
    scan.at += empty
    return items
  }
  for (;;) {
    items.push(readValue(scan, depth + 1))
    const closing = closingAt(scan)
    if (closing > 0) {
      scan.at += closing
      return items
    }
    if (scan.text[scan.at] !== ',') throw malformed('a list does not end')
    scan.at += 1
  }
}

function isEndOfBare(scan: Scan, inList: boolean): boolean {
  const char = scan.text[scan.at]
  if (char === ',') return true
  return inList ? closingAt(scan) > 0 : char === '/'
}

function closingAt(scan: Scan): number {
  return bracketAt(scan, ']', '%5d')
}

/** Length of a bracket that stands here, plain or escaped; 0 for anything else. */
function bracketAt({ text, encoded, at }: Scan, bracket: '[' | ']', escaped: '%5b' | '%5d'): number {
  const char = text[at]
  if (char === bracket) return 1
  return encoded && char === '%' && text.slice(at, at + 3).toLowerCase() === escaped ? 3 : 0
}
