import { canonicalJson } from './canonical.ts'
import { deeper } from './limits.ts'
import type { LayerPicture, Plan, SourceRef, Step } from './plan.ts'

/**
 * Readable text that names a source's bytes: kind, connection, bucket and key, or the URL without fragment; then what a web
 * server is asked for. Host lists are left out: they say who may read, not what. Headers too: such sources are never cached.
 * Two refs that differ have different keys, and the key of a ref without `ask` is a prefix of the ones with it.
 */
export function sourceKey(ref: SourceRef): string {
  const place =
    ref.kind === 'object'
      ? `object:${escaped(ref.connection)}:${escaped(ref.bucket ?? '')}:${escaped(ref.key)}`
      : `url:${canonicalUrl(ref.url)}`
  if (!ref.ask) return `${place}#`
  const { accept, encoding, from } = ref.ask
  return `${place}#${encoding}:${escaped(accept)}${from === undefined ? '' : `:${escaped(from)}`}`
}

/** Whether results made from this source may be kept: not when the caller supplied headers or user info with it. */
export function isCacheable(ref: SourceRef): boolean {
  if (ref.kind === 'object') return true
  if (ref.headers && Object.keys(ref.headers).length > 0) return false
  const url = parsed(ref.url)
  return url !== undefined && url.username === '' && url.password === ''
}

/** All further sources that a Plan names, in order of appearance, each once: pictures and fonts of layers, frames of animations, nested and in branches. */
export function sourcesOf(plan: Plan): readonly SourceRef[] {
  const found = new Map<string, SourceRef>()
  collect(plan.steps, found, 0)
  return [...found.values()]
}

function collect(steps: readonly Step[], found: Map<string, SourceRef>, depth: number): void {
  const below = deeper(depth)
  for (const step of steps) {
    if (step.kind === 'branch') {
      for (const one of step.cases) collect(one.steps, found, below)
      collect(step.otherwise, found, below)
    } else if (step.kind === 'layer') {
      note(sourceOfPicture(step.picture), found)
      collect(step.steps, found, below)
    } else if (step.kind === 'animate') {
      for (const frame of step.frames) {
        note(frame.source, found)
        collect(frame.steps, found, below)
      }
    }
  }
}

function note(source: SourceRef | undefined, found: Map<string, SourceRef>): void {
  if (source === undefined) return
  const name = canonicalJson(source)
  if (!found.has(name)) found.set(name, source)
}

/** What a layer's picture is made of besides the Plan: a picture, or a text's font. */
function sourceOfPicture(picture: LayerPicture): SourceRef | undefined {
  if (picture.kind === 'source') return picture.source
  return picture.kind === 'text' && 'file' in picture.font ? picture.font.file : undefined
}

/** Percent-encodes all but the characters that keep keys readable. A lone surrogate is the replacement character, as in UTF-8. */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '/')
}

function canonicalUrl(text: string): string {
  const url = parsed(text)
  if (!url) return escaped(text)
  url.hash = ''
  return url.href
}

function parsed(text: string): URL | undefined {
  return URL.parse(text) ?? undefined
}
