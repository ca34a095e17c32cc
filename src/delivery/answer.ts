import type { Engine } from '../engine/engine.ts'
import { Fault } from '../faults.ts'
import { firstOf, ofSource } from './candidates.ts'
import { compute } from './compute.ts'
import type { Delivered, Delivery } from './delivery.ts'
import type { Known } from './entry.ts'
import { createFlights, type Interest } from './flights.ts'
import type { Source, Versioned } from './keys.ts'
import type { Levels } from './levels.ts'
import type { Names, Naming } from './names.ts'
import type { Current, Sources } from './sources.ts'
import type { Ticket, Tickets } from './tickets.ts'
import type { Lease } from './working-set.ts'

export type AnswererOptions = {
  readonly engine: Engine
  readonly sources: Sources
  readonly levels: Levels
  readonly tickets: Tickets
  readonly naming: Naming
  /** Server's own limit of a source in bytes. */
  readonly sourceBytes: number
}

export type Answerer = {
  /** What memory holds and the request may see; nothing is waited for. */
  peek(delivery: Delivery): Delivered | undefined
  /** Authorise → cache → read → engine → keep. */
  answer(delivery: Delivery, interest: Interest): Promise<Delivered>
  /** Later callers do not join work under way that depends on this source. */
  forget(source: Source): void
}

/** A request about one candidate source. */
type Attempt = {
  readonly delivery: Delivery
  readonly names: Names
  readonly main: Source
  readonly limit: number
  readonly interest: Interest
  readonly ticket: Ticket
  /** Room held for the bytes that this request works on. */
  readonly leases: Lease[]
}

export function createAnswerer(options: AnswererOptions): Answerer {
  const { engine, sources, levels, tickets, naming, sourceBytes } = options
  const flights = createFlights<Delivered>()

  const limitOf = (delivery: Delivery) => Math.min(delivery.limits?.sourceBytes ?? sourceBytes, sourceBytes)

  /** The first candidate that is not known to be missing. */
  function peekMain({ candidates }: Names): { readonly source: Source; readonly known: Known } | undefined {
    for (const candidate of candidates) {
      const known = sources.peek(candidate)
      if (known === undefined) return undefined
      if (known !== 'missing') return { source: candidate, known }
    }
    return undefined
  }

  async function attempt(request: Attempt): Promise<Delivered> {
    const { delivery, names, main, limit, interest, ticket, leases } = request
    const { furthers } = names
    const mayKeep = delivery.caching !== 'none' && main.cacheable && furthers.every((further) => further.cacheable)
    const mayLook = mayKeep && delivery.caching === 'use'
    // Of these the original is the answer: bytes that were just read for this request are no hit.
    const isUntouched = delivery.plan.output.kind === 'untouched'

    /** A source as believed, or read anew where no cache may be looked into. */
    const acquire = (one: Source, most: number): Promise<Current> => {
      if (mayLook) return sources.current(one, interest, most, ticket)
      return mayKeep ? sources.read(one, interest, most) : sources.readAlone(one, most)
    }
    const believed = retain(await whileReading(interest, ofSource(acquire(main, limit))))
    authorise(believed.known, delivery)
    const others = await Promise.all(furthers.map((one) => acquire(one, sourceBytes)))
    const versions = furthers.map((one, at) => versionOf(one, others[at], delivery))
    return settle(believed, interest)

    function retain<C extends Current>(current: C): C {
      const lease = current.original?.lease
      if (lease) {
        lease.retain()
        leases.push(lease)
      }
      return current
    }

    function keyOf(known: Known): string {
      return names.keyOf(main, known.version, versions)
    }

    /** From memory, else as one work for all who ask the same. */
    async function settle(current: Current, interested: Interest): Promise<Delivered> {
      const key = keyOf(current.known)
      const held = mayLook && !(current.original && isUntouched) ? levels.peek(key) : undefined
      if (held) return held
      const work = (interests: Interest) => lookOrProduce(current, interests)
      // Work that a purge has overtaken must not be joined by those who come after it.
      if (!mayKeep || ticket.void) return work(interested)
      return flights.join(`${key}\n${delivery.caching}\n${delivery.seesPrivate}\n${limit}`, interested, work)
    }

    async function lookOrProduce(current: Current, interests: Interest): Promise<Delivered> {
      if (!mayLook) return produce(current, interests)
      const found = await find(current, interests)
      if (found) return found
      const checked = retain(await ofSource(sources.checked(main, interests, limit, current)))
      authorise(checked.known, delivery)
      return checked.known.version === current.known.version ? produce(checked, interests) : settle(checked, interests)
    }

    async function find({ known, original }: Current, interests: Interest): Promise<Delivered | undefined> {
      if (original && isUntouched) return undefined
      const found = await levels.find(main, known, keyOf(known), furthers.length > 0, ticket)
      if (found === undefined || 'from' in found) return found
      // The answer is known to be the source as it is, but its bytes were evicted: read them, compute nothing.
      const read = retain(await ofSource(sources.withBytes(main, { known }, interests, limit, ticket)))
      authorise(read.known, delivery)
      if (read.known.version !== known.version) return undefined
      return { ...read.original.delivered, contentType: found.sourceAs }
    }

    async function produce(current: Current, interests: Interest): Promise<Delivered> {
      const reading = ofSource(sources.withBytes(main, current, interests, limit, ticket))
      const read = retain(await whileReading(interest, reading))
      authorise(read.known, delivery)
      if (isUntouched) return { ...read.original.delivered, source: read.known }
      const { delivered, bytes, kind, known } = await compute(engine, delivery, read, interests, limit)
      if (mayKeep && layersStand()) {
        keepFacts(main, known, ticket)
        const uses = furthers.map(({ base }) => base)
        levels.keep({ source: main, known, key: keyOf(known), kind, delivered, bytes, uses }, ticket)
      }
      return delivered
    }

    /** The engine reads layers by itself: had one changed meanwhile, the key would name the wrong version. */
    function layersStand(): boolean {
      return versions.every(({ source: one, version }) => {
        const known = sources.peek(one)
        return known === undefined || (known !== 'missing' && known.version === version)
      })
    }
  }

  /** Adds what was learned to the record, unless the record has moved on. */
  function keepFacts(main: Source, known: Known, ticket: Ticket): void {
    const before = levels.peekRecord(main)
    if (before && (before.version !== known.version || before.facts === known.facts)) return
    levels.keepRecord(main, before ? { ...before, facts: known.facts } : known, ticket)
  }

  return {
    peek(delivery) {
      if (delivery.caching !== 'use') return undefined
      const names = naming.of(delivery)
      const main = peekMain(names)
      if (!main || main.known.bytes > limitOf(delivery) || isHidden(main.known, delivery)) return undefined
      let versions: Versioned[] = NONE
      for (const further of names.furthers) {
        const known = sources.peek(further)
        if (known === undefined || known === 'missing' || isHidden(known, delivery)) return undefined
        versions = [...versions, { source: further, version: known.version }]
      }
      return levels.peek(names.keyOf(main.source, main.known.version, versions))
    },
    async answer(delivery, interest) {
      const names = naming.of(delivery)
      const { candidates, furthers, instead } = names
      const all = [...candidates, ...furthers, ...(instead ? [instead] : [])].map(({ base }) => base)
      const limit = limitOf(delivery)
      const leases: Lease[] = []
      try {
        return await tickets.hold(all, (ticket) =>
          firstOf(candidates, instead, (main) => attempt({ delivery, names, main, limit, interest, ticket, leases })),
        )
      } finally {
        for (const lease of leases) lease.release()
      }
    },
    forget(one) {
      flights.forget((key) => key.startsWith(one.base) || key.includes(`\n${one.base}`))
    },
  }
}

const NONE: Versioned[] = []

async function whileReading<T>(interest: Interest, work: Promise<T>): Promise<T> {
  interest.reading = true
  try {
    return await work
  } finally {
    interest.reading = false
  }
}

function isHidden(known: Known, delivery: Delivery): boolean {
  return known.private && !delivery.seesPrivate
}

/** Before anything is answered, cached or not. Throws Fault private. */
function authorise(known: Known, delivery: Delivery): void {
  if (isHidden(known, delivery)) throw new Fault('private')
}

function versionOf(source: Source, current: Current | undefined, delivery: Delivery): Versioned {
  if (!current) throw new Fault('object-missing')
  authorise(current.known, delivery)
  return { source, version: current.known.version }
}
