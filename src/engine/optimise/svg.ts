import { optimize, type PluginConfig } from 'svgo'
import { svgSize } from '../svg.ts'

/** Larger drawings are handed on: the parser builds a tree of several times their size. */
const MOST_BYTES = 4_194_304
/** Elements inside each other; what walks the tree calls itself once for each. */
const MOST_DEPTH = 500
/** Coordinates are rounded to this share of the drawing's shorter side: a thirtieth of a pixel at 3,000 pixels. */
const ROUNDING = 1e-5

/** What leaves the rendering, scripts, styles, links and what the page may refer to as they are. */
const SAFE: readonly PluginConfig[] = [
  'removeDoctype',
  'removeXMLProcInst',
  'removeComments',
  'removeMetadata',
  'removeEditorsNSData',
  'cleanupAttrs',
  'convertColors',
  'removeUnusedNS',
  'sortAttrs',
]

/**
 * An SVG in fewer bytes that renders the same: comments, metadata and editors' data go, numbers are rounded far below a pixel, ids go
 * only where nothing can refer to them. The view box stays, scripts and styles are not touched. Undefined when nothing shorter
 * is found, or the file is better left alone: too large, too deep, with entities of its own, or not well-formed.
 */
export function repackSvg(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length > MOST_BYTES) return undefined
  const text = decode(bytes)
  // Entities may stand for each other and grow without end; svgo resolves them.
  if (text === undefined || /<!ENTITY|<!DOCTYPE[^<>[]*\[/i.test(text) || depthOf(text) > MOST_DEPTH) return undefined
  try {
    const data = optimize(text, { multipass: false, plugins: pluginsFor(text, bytes) }).data
    const out = Buffer.from(data)
    return out.length < bytes.length ? out : undefined
  } catch {
    // What is not well-formed is shown by nobody; it stays as it is.
    return undefined
  }
}

/** UTF-8 only: other encodings are named in the declaration that would be removed. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function pluginsFor(text: string, bytes: Uint8Array): PluginConfig[] {
  const { width, height } = svgSize(bytes)
  const unit = Math.min(width, height, viewBoxSide(text)) * ROUNDING
  const digits = unit > 0 ? Math.min(8, Math.max(1, Math.ceil(-Math.log10(unit)))) : 8
  const active = /<script|<style|<animate|<set\b|\son\w+\s*=|<foreignObject/i.test(text)
  const numbers: PluginConfig = {
    name: 'cleanupNumericValues',
    params: { floatPrecision: digits, convertToPx: false },
  }
  if (active) return [...SAFE, numbers]
  const ids: PluginConfig = { name: 'cleanupIds', params: { minify: false } }
  const paths: PluginConfig = {
    name: 'convertPathData',
    params: { floatPrecision: digits, transformPrecision: digits, straightCurves: false, convertToQ: false },
  }
  return [...SAFE, numbers, ids, paths]
}

/** The shorter side of the view box in its own units; endless when there is none. */
function viewBoxSide(text: string): number {
  const found = /\sviewBox\s*=\s*["']([^"']{1,200})["']/
    .exec(text)?.[1]
    ?.trim()
    .split(/[\s,]+/)
    .map(Number)
  const [, , width = 0, height = 0] = found ?? []
  return width > 0 && height > 0 ? Math.min(width, height) : Number.POSITIVE_INFINITY
}

/** How deep elements are nested, counted from the tags alone. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0]
  for (const [tag] of text.matchAll(/<\/?[A-Za-z_][^<>]*>/g)) {
    if (tag.startsWith('</')) depth--
    else if (!tag.endsWith('/>')) deepest = Math.max(deepest, ++depth)
  }
  return deepest
}
