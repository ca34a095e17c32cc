import { digest } from '../plan/digest.ts'
import type { Offer } from '../plan/facts.ts'
import type { Choose, Plan, SourceRef } from '../plan/plan.ts'
import { isCacheable, sourceKey, sourcesOf } from '../plan/sources.ts'

/** A source of a project, as a delivery names it. */
export type Source = {
  readonly project: string
  readonly ref: SourceRef
  /** Key of its record, and the readable prefix of the keys of all that is cached from it. */
  readonly key: string
  /** The key without what a web server is asked for: a purge drops every variety. */
  readonly base: string
  /** Which store the connection's name stands for now; changes when the connection is edited. */
  readonly identity: string
  /** Fetched with something of the caller's own: neither coalesced nor cached. */
  readonly cacheable: boolean
}

/** A source as it was at one moment. */
export type Versioned = { readonly source: Source; readonly version: string }

/** Keys are lines: project, source, store, version, plan, offer, further sources. A source key holds no line break. */
export function sourceOf(project: string, ref: SourceRef, identity: string): Source {
  const key = `${project}\n${sourceKey(ref)}`
  return { project, ref, key, base: baseOf(key), identity, cacheable: isCacheable(ref) }
}

/** The first `#` ends a source key without `ask`. */
export function baseOf(key: string): string {
  return key.slice(0, key.indexOf('#') + 1)
}

/** The key of the bytes as stored; also that of answers that hand them on untouched. */
export function originalKey(source: Source, version: string): string {
  return `${source.key}\n${source.identity}\n${version}`
}

/** The key of a computed answer: project, main source at its version, plan, offer, and every further source at its version. */
export function answerKey(main: Versioned, plan: Plan, offer: Offer, furthers: readonly Versioned[]): string {
  const original = originalKey(main.source, main.version)
  if (plan.output.kind === 'untouched') return original
  const known = study(plan)
  let key = `${original}\n${known.digest}\n${offerKey(known.formats, offer)}`
  for (const further of furthers) key += `\n${originalKey(further.source, further.version)}`
  return key
}

/** Further sources that a plan names: pictures of layers. */
export function furtherSources(plan: Plan): readonly SourceRef[] {
  return study(plan).sources
}

type Study = {
  readonly digest: string
  readonly sources: readonly SourceRef[]
  readonly formats: ReadonlySet<string>
}

// Dialects may hand in the same Plan object again: then nothing is serialised or hashed on the hit path.
const studies = new WeakMap<Plan, Study>()

function study(plan: Plan): Study {
  const before = studies.get(plan)
  if (before) return before
  const made = { digest: digest(plan), sources: sourcesOf(plan), formats: formatsOf(plan) }
  studies.set(plan, made)
  return made
}

/** What the request offers, without what the plan cannot choose: equal answers share an entry. */
function offerKey(formats: ReadonlySet<string>, offer: Offer): string {
  const avif = formats.has('avif') && offer.includes('avif')
  const webp = formats.has('webp') && offer.includes('webp')
  if (webp) return avif ? 'webp+avif' : 'webp'
  return avif ? 'avif' : '-'
}

function formatsOf(plan: Plan): ReadonlySet<string> {
  const formats = new Set<string>()
  let choose: Choose | undefined = plan.output.kind === 'encode' ? plan.output.choose : undefined
  while (choose?.kind === 'negotiated') {
    for (const candidate of choose.candidates) formats.add(candidate.format)
    choose = choose.otherwise
  }
  return formats
}
