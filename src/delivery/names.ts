import type { SourceRef } from '../plan/plan.ts'
import type { Delivery } from './delivery.ts'
import { answerKey, furtherSources, type Source, sourceOf, type Versioned } from './keys.ts'

/** The sources of a delivery by name. */
export type Names = {
  readonly candidates: readonly Source[]
  readonly furthers: readonly Source[]
  readonly instead: Source | undefined
  /** `answerKey`, remembered for the last version asked for. */
  keyOf(main: Source, version: string, furthers: readonly Versioned[]): string
}

export type Naming = {
  source(project: string, ref: SourceRef): Source
  of(delivery: Delivery): Names
}

/**
 * Names sources, and remembers the names of Delivery objects that come again: dialects keep compiled requests, and a repeated
 * one must cost no serialising, parsing or hashing.
 */
export function createNaming(identity: (project: string, ref: SourceRef) => string): Naming {
  const remembered = new WeakMap<Delivery, Names>()
  const source = (project: string, ref: SourceRef) => sourceOf(project, ref, identity(project, ref))

  const stands = (one: Source) => one.identity === identity(one.project, one.ref)
  function stillStands({ candidates, furthers, instead }: Names): boolean {
    return candidates.every(stands) && furthers.every(stands) && (!instead || stands(instead))
  }

  function name({ project, sources, instead, plan, offer }: Delivery): Names {
    let last: { readonly main: Source; readonly version: string; readonly key: string } | undefined
    return {
      candidates: sources.map((ref) => source(project, ref)),
      furthers: furtherSources(plan).map((ref) => source(project, ref)),
      instead: instead && source(project, instead),
      keyOf(main, version, furthers) {
        if (furthers.length > 0) return answerKey({ source: main, version }, plan, offer, furthers)
        if (last?.main !== main || last.version !== version) {
          last = { main, version, key: answerKey({ source: main, version }, plan, offer, furthers) }
        }
        return last.key
      },
    }
  }

  return {
    source,
    of(delivery) {
      const before = remembered.get(delivery)
      if (before && stillStands(before)) return before
      const names = name(delivery)
      remembered.set(delivery, names)
      return names
    },
  }
}
