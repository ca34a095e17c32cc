import type { Size } from '../plan/facts.ts'

/** How far the root element is looked for. */
const HEAD = 16_384

/** Whether the first element of the text is `svg`, after a byte order mark, the XML declaration, comments and a doctype. */
export function isSvg(bytes: Uint8Array): boolean {
  return rootTag(bytes) !== undefined
}

/**
 * Sides in pixels as the root element says: `width` and `height` without unit or in px, else the view box; 0 when it cannot
 * say. Nothing is rendered: no XML or SVG library sees the bytes.
 */
export function svgSize(bytes: Uint8Array): Size {
  const tag = rootTag(bytes) ?? ''
  const width = pixels(attribute(tag, 'width'))
  const height = pixels(attribute(tag, 'height'))
  const box =
    attribute(tag, 'viewBox')
      ?.trim()
      .split(/[\s,]+/)
      .map(Number) ?? []
  const [, , boxWidth = 0, boxHeight = 0] = box.length === 4 && box.every(Number.isFinite) ? box : []
  if (width && height) return { width, height }
  if (!(boxWidth > 0 && boxHeight > 0)) return { width: width ?? 0, height: height ?? 0 }
  if (width) return { width, height: side((width * boxHeight) / boxWidth) }
  if (height) return { width: side((height * boxWidth) / boxHeight), height }
  return { width: side(boxWidth), height: side(boxHeight) }
}

/** The root element's start tag, attributes included, or nothing when the first element is not `svg`. */
function rootTag(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD)).toString('utf8')
  let at = head.startsWith('\ufeff') ? 1 : 0
  for (;;) {
    while (/\s/.test(head[at] ?? '')) at++
    const end = head.startsWith('<?', at)
      ? after(head, '?>', at)
      : head.startsWith('<!--', at)
        ? after(head, '-->', at + 4)
        : /^<!doctype/i.test(head.slice(at, at + 9))
          ? afterDoctype(head, at)
          : undefined
    if (end === undefined) break
    at = end
  }
  return /^<(?:[A-Za-z_][\w.-]*:)?svg(?=[\s/>])[^>]*/.exec(head.slice(at))?.[0]
}

function after(text: string, mark: string, from: number): number | undefined {
  const found = text.indexOf(mark, from)
  return found < 0 ? undefined : found + mark.length
}

/** A doctype may hold an internal subset in brackets, with `>` inside. */
function afterDoctype(text: string, from: number): number | undefined {
  const bracket = text.indexOf('[', from)
  const close = text.indexOf('>', from)
  if (bracket < 0 || close < bracket) return close < 0 ? undefined : close + 1
  const subset = text.indexOf(']', bracket)
  return subset < 0 ? undefined : after(text, '>', subset)
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag)
  return found?.[1] ?? found?.[2]
}

function pixels(length: string | undefined): number | undefined {
  const found = /^\s*\+?(\d+(?:\.\d+)?|\.\d+)(?:px)?\s*$/.exec(length ?? '')
  const value = Number(found?.[1] ?? 0)
  return value > 0 ? side(value) : undefined
}

function side(value: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(value)))
}
