import type { Size } from '../../plan/facts.ts'
import { type SvgGeometry, type SvgRoot, svgGeometry } from '../svg.ts'

/** Attributes of the root element that are written anew. */
const FRAME = new Set(['width', 'height', 'viewBox', 'preserveAspectRatio'])

export type Framed = { readonly text: string; readonly size: Size }

/**
 * The document with a root element that says `wish` as its sides, which every element then scales to. Where the view box does
 * not fill the picture, both sides grow alike, so that its margins keep their place; the result may then have other sides than
 * the wish, as it has when more than `pixels` would be drawn.
 */
export function framed(text: string, root: SvgRoot, wish: Size, pixels: number): Framed {
  const geometry = svgGeometry(root)
  const align = root.attributes.get('preserveAspectRatio')?.trim() ?? ''
  const full = fills(geometry, align, wish)
  const size = bounded(full ? wish : alike(geometry, wish), pixels)
  const { x, y, width, height } = geometry.viewBox ?? { x: 0, y: 0, width: geometry.width, height: geometry.height }
  const frame = new Map([
    ['width', String(size.width)],
    ['height', String(size.height)],
    ['viewBox', [x, y, width, height].join(' ')],
  ])
  if (full) frame.set('preserveAspectRatio', 'none')
  else if (align !== '') frame.set('preserveAspectRatio', align)
  return { text: text.slice(0, root.start) + tagOf(root, frame) + text.slice(root.end), size }
}

/** Whether the view box fills the picture, or misses it by less than half a pixel of what is drawn. */
function fills({ width, height, viewBox }: SvgGeometry, align: string, wish: Size): boolean {
  if (!viewBox || align.startsWith('none')) return true
  const scales = [width / viewBox.width, height / viewBox.height]
  const scale = /\bslice$/.test(align) ? Math.max(...scales) : Math.min(...scales)
  const across = Math.abs(width - viewBox.width * scale) * (wish.width / width)
  const down = Math.abs(height - viewBox.height * scale) * (wish.height / height)
  return Math.max(across, down) < 0.5
}

function alike({ width, height }: Size, wish: Size): Size {
  const scale = Math.max(wish.width / width, wish.height / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

function bounded({ width, height }: Size, pixels: number): Size {
  if (width * height <= pixels) return { width, height }
  const scale = Math.sqrt(pixels / (width * height))
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) }
}

function tagOf({ name, attributes, empty }: SvgRoot, frame: ReadonlyMap<string, string>): string {
  const kept = [...attributes].filter(([attribute]) => !FRAME.has(attribute))
  const written = [...kept, ...frame].map(([attribute, value]) => ` ${attribute}="${value.replaceAll('"', '&quot;')}"`)
  return `<${name}${written.join('')}${empty ? '/>' : '>'}`
}
