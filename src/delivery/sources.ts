import { LRUCache } from 'lru-cache'
import { Fault, isFault } from '../faults.ts'
import { discard } from '../storage/body.ts'
import type { ObjectAnswer, ObjectHead, ObjectKey, ObjectStore, ReadOptions } from '../storage/object-store.ts'
import type { Delivered } from './delivery.ts'
import type { Known } from './entry.ts'
import { createFlights, type Interest, stillWanted } from './flights.ts'
import { originalKey, type Source } from './keys.ts'
import type { Levels } from './levels.ts'
import { askHeaders, isPrivate, type Read, readObject, tooLarge } from './reading.ts'
import type { Clock } from './surroundings.ts'
import type { Ticket, Tickets } from './tickets.ts'
import type { Lease, WorkingSet } from './working-set.ts'

/** The bytes of a source as stored, and as an answer. */
export type Original = {
  readonly bytes: Buffer
  readonly delivered: Delivered
  /** Who goes on with the bytes retains it in the same turn and releases it at the end; absent when the cache holds them. */
  readonly lease?: Lease
}
/** A source as it is believed to be now; with its bytes when they had to be read anyway. */
export type Current = { readonly known: Known; readonly original?: Original }

export type SourcesOptions = {
  readonly open: (project: string, source: Source['ref']) => { readonly store: ObjectStore; readonly key: ObjectKey }
  readonly levels: Levels
  readonly tickets: Tickets
  readonly gate: { enter<T>(weight: number, work: () => Promise<T>): Promise<T> }
  readonly room: WorkingSet
  readonly clock: Clock
  /** The media type of bytes whose source names none. */
  readonly mediaType: (bytes: Buffer) => string
  /** Milliseconds: a record is believed; may still be served while it is checked; a fetch may take. */
  readonly believed: number
  readonly servable: number
  readonly patience: number
  /** Most bytes of a source on this server. */
  readonly limit: number
  /** Takes work that nobody waits for; its failure has been dealt with. */
  readonly background: (work: Promise<unknown>) => void
}

export type Sources = {
  /** From memory: the record when it may be served now (a check is begun when it is due), or that the object was missing just now. */
  peek(source: Source): Known | 'missing' | undefined
  /** The source as believed; read when nothing is known. Fault object-missing and what stores throw. */
  current(source: Source, interest: Interest, limit: number, ticket: Ticket): Promise<Current>
  /** A record that is due is checked before work is built on it; when the store does not answer, the old one stands. */
  checked(source: Source, interest: Interest, limit: number, current: Current): Promise<Current>
  /** The source with its bytes: from the cache, else read (then perhaps of a newer version). */
  withBytes(
    source: Source,
    current: Current,
    interest: Interest,
    limit: number,
    ticket: Ticket,
  ): Promise<Required<Current>>
  /** Reads the source now. Coalesced and kept only when it may be. */
  read(source: Source, interest: Interest, limit: number): Promise<Required<Current>>
  /** Reads the source now for this caller alone and keeps nothing. */
  readAlone(source: Source, limit: number): Promise<Required<Current>>
  /** Later callers do not join reads under way, and do not believe that it is missing. */
  forget(source: Source): void
}

const ALWAYS: Interest = { wanted: () => true }
/** Spares the store a stampede for an object that is not there. */
const MISSING_MILLISECONDS = 2000
/** After a failed check, the next one waits. */
const RETRY_MILLISECONDS = 10_000

export function createSources(options: SourcesOptions): Sources {
  const { levels, tickets, gate, room, clock, believed, servable } = options
  const reads = createFlights<Required<Current>>()
  const checks = createFlights<Current>()
  const lookups = createFlights<Known | undefined>()
  const loads = createFlights<Original | undefined>()
  /** By source key, until when. */
  const missing = new LRUCache<string, number>({ max: 4096 })
  const retryAt = new LRUCache<string, number>({ max: 4096 })

  const age = (known: Known) => clock.now() - known.checkedAt
  const isDue = (known: Known) => age(known) >= believed

  function believe(source: Source, known: Known | undefined): Known | undefined {
    return known !== undefined && known.identity === source.identity ? known : undefined
  }

  function isMissing(source: Source): boolean {
    const until = missing.get(source.key)
    return until !== undefined && clock.now() < until
  }

  /** One exchange with the store, bounded in time. The body must be consumed inside. */
  async function ask<T>(
    source: Source,
    exchange: (store: ObjectStore, key: ObjectKey, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { store, key } = options.open(source.project, source.ref)
    const late = new AbortController()
    const cancel = clock.after(options.patience, () => late.abort(new Fault('source-timeout')))
    try {
      return await exchange(store, key, late.signal)
    } finally {
      cancel()
    }
  }

  function asCurrent({ known, bytes, etag, lease }: Read): Required<Current> {
    const delivered: Delivered = {
      body: { kind: 'bytes', bytes },
      size: bytes.length,
      contentType: known.contentType ?? options.mediaType(bytes),
      contentEncoding: known.contentEncoding,
      etag,
      lastModified: known.lastModified === undefined ? undefined : new Date(known.lastModified),
      source: known,
      from: 'computed',
    }
    handOver(lease)
    return { known, original: { bytes, delivered, lease } }
  }

  /** Keeps what was read. Facts of the same version stay. */
  function keep(source: Source, read: Required<Current>, ticket: Ticket): Required<Current> {
    const before = believe(source, levels.peekRecord(source))
    const facts = before?.version === read.known.version ? before.facts : undefined
    const known = facts ? { ...read.known, facts } : read.known
    const { bytes, delivered } = read.original
    levels.keepRecord(source, known, ticket)
    const key = originalKey(source, known.version)
    levels.keep({ source, known, key, kind: 'original', delivered, bytes, uses: [] }, ticket)
    missing.delete(source.key)
    retryAt.delete(source.key)
    return { known, original: read.original }
  }

  async function readAlone(source: Source, limit: number): Promise<Required<Current>> {
    return gate.enter(1, () => ask(source, (store, key, signal) => get(source, store, key, signal, limit)))
  }

  async function get(
    source: Source,
    store: ObjectStore,
    key: ObjectKey,
    signal: AbortSignal,
    limit: number,
  ): Promise<Required<Current>> {
    const answer = await store.get(key, { signal, headers: askHeaders(source.ref) })
    if (answer.kind !== 'object') throw new Fault('source-refused', 'the store says "unchanged" without being asked')
    return asCurrent(await readObject(source, answer, limit, clock.now(), room))
  }

  /** The object is gone or closed: what was made from it must not be served any more. */
  async function lose(source: Source, error: unknown): Promise<void> {
    if (!isGone(error)) return
    tickets.revoke(source.base)
    // The object's own failure is what must be reported.
    await levels.drop(source).catch(() => undefined)
  }

  function noteMissing(source: Source, error: unknown): void {
    if (isFault(error, 'object-missing')) missing.set(source.key, clock.now() + MISSING_MILLISECONDS)
  }

  function read(source: Source, interest: Interest, limit: number): Promise<Required<Current>> {
    if (!source.cacheable) return readAlone(source, limit)
    return reads.join(`${source.key}\n${limit}`, interest, (interests) =>
      tickets.hold([source.base], async (ticket) => {
        try {
          const fresh = await gate.enter(1, async () => {
            stillWanted(interests)
            return ask(source, (store, key, signal) => get(source, store, key, signal, limit))
          })
          return keep(source, fresh, ticket)
        } catch (error) {
          if (!ticket.void) noteMissing(source, error)
          throw error
        }
      }),
    )
  }

  /** Asks the store whether the record still holds; one at a time per source. */
  function check(source: Source, known: Known, interest: Interest): Promise<Current> {
    return checks.join(source.key, interest, (interests) =>
      tickets.hold([source.base], async (ticket) => {
        try {
          const answer = await gate.enter(1, async () => {
            stillWanted(interests)
            return ask(source, (store, key, signal) => compare(source, known, store, key, signal))
          })
          retryAt.delete(source.key)
          if (answer.original) return keep(source, { known: answer.known, original: answer.original }, ticket)
          levels.keepRecord(source, answer.known, ticket)
          return answer
        } catch (error) {
          retryAt.set(source.key, clock.now() + RETRY_MILLISECONDS)
          if (!ticket.void) noteMissing(source, error)
          await lose(source, error)
          throw error
        }
      }),
    )
  }

  /**
   * Objects of stores are asked for their head, which also says when an object was marked private without a change of its
   * bytes; URLs by If-None-Match. What names no version is read again.
   */
  async function compare(
    source: Source,
    known: Known,
    store: ObjectStore,
    key: ObjectKey,
    signal: AbortSignal,
  ): Promise<Current> {
    const { limit } = options
    const headers = askHeaders(source.ref)
    const head =
      source.ref.kind === 'object' && !known.hashed ? await headOf(store, key, { signal, headers }) : undefined
    if (head) {
      if (head.version !== known.version) return get(source, store, key, signal, limit)
      return { known: { ...latest(source, known), checkedAt: clock.now(), private: isPrivate(head) } }
    }
    const answer: ObjectAnswer = await store.get(key, { signal, headers, ifNoneMatch: known.etag })
    if (answer.kind === 'unchanged') return { known: { ...latest(source, known), checkedAt: clock.now() } }
    if (!known.hashed && answer.head.version === known.version) {
      await discard(answer.body)
      return { known: { ...latest(source, known), checkedAt: clock.now(), private: isPrivate(answer.head) } }
    }
    return asCurrent(await readObject(source, answer, limit, clock.now(), room))
  }

  /** The record may have gained facts meanwhile. */
  function latest(source: Source, known: Known): Known {
    const now = believe(source, levels.peekRecord(source))
    return now?.version === known.version ? now : known
  }

  function mayRetry(source: Source): boolean {
    const at = retryAt.get(source.key)
    return at === undefined || clock.now() >= at
  }

  function checkInBackground(source: Source, known: Known): void {
    if (!checks.has(source.key) && mayRetry(source)) options.background(check(source, known, ALWAYS))
  }

  async function lookUp(source: Source, interest: Interest, ticket: Ticket): Promise<Known | undefined> {
    const held = levels.peekRecord(source)
    const known = held ?? (await lookups.join(source.key, interest, () => levels.record(source, ticket)))
    return believe(source, known)
  }

  /** The original from the cache. */
  async function load(source: Source, known: Known, interest: Interest, ticket: Ticket): Promise<Original | undefined> {
    const key = originalKey(source, known.version)
    if (levels.peek(key)) return levels.original(source, known, ticket)
    return loads.join(key, interest, async () => {
      const lease = await room.take(known.bytes)
      handOver(lease)
      const original = await levels.original(source, known, ticket)
      return original && { ...original, lease }
    })
  }

  function within(limit: number, current: Current): Current {
    if (current.known.bytes > limit) throw tooLarge(limit)
    return current
  }

  async function checked(source: Source, interest: Interest, limit: number, current: Current): Promise<Current> {
    if (!source.cacheable || current.original || !isDue(current.known)) return current
    if (!checks.has(source.key) && !mayRetry(source)) return current
    try {
      return within(limit, await check(source, current.known, interest))
    } catch (error) {
      // A store that does not answer does not make the picture that we have wrong.
      if (isUnreachable(error)) return current
      throw error
    }
  }

  return {
    peek(source) {
      if (!source.cacheable) return undefined
      if (isMissing(source)) return 'missing'
      const known = believe(source, levels.peekRecord(source))
      if (!known || believed === 0 || age(known) >= servable) return undefined
      if (isDue(known)) checkInBackground(source, known)
      return known
    },
    async current(source, interest, limit, ticket) {
      if (!source.cacheable) return readAlone(source, limit)
      if (isMissing(source)) throw new Fault('object-missing')
      const known = await lookUp(source, interest, ticket)
      if (!known) return read(source, interest, limit)
      if (age(known) >= servable) return within(limit, await check(source, known, interest))
      if (believed === 0) return checked(source, interest, limit, { known })
      if (isDue(known)) checkInBackground(source, known)
      return within(limit, { known })
    },
    checked,
    async withBytes(source, current, interest, limit, ticket) {
      const { known, original } = current
      if (original) return { known, original }
      const cached = source.cacheable ? await load(source, known, interest, ticket) : undefined
      if (cached) return { known, original: cached }
      try {
        return await read(source, interest, limit)
      } catch (error) {
        await lose(source, error)
        throw error
      }
    },
    read,
    readAlone,
    forget(source) {
      const own = (key: string) => key.startsWith(source.base)
      for (const flights of [reads, checks, lookups, loads]) flights.forget(own)
      for (const key of [...missing.keys()]) if (own(key)) missing.delete(key)
    },
  }
}

/** Undefined when a web server does not answer HEAD although it answers GET. */
async function headOf(store: ObjectStore, key: ObjectKey, options: ReadOptions): Promise<ObjectHead | undefined> {
  try {
    return await store.head(key, options)
  } catch (error) {
    if (isFault(error, 'source-refused')) return undefined
    throw error
  }
}

/** Those who wait for the bytes retain the lease before the next turn of the event loop. */
function handOver(lease: Lease): void {
  setImmediate(() => lease.release())
}

function isGone(error: unknown): boolean {
  return isFault(error, 'object-missing') || isFault(error, 'access-denied')
}

function isUnreachable(error: unknown): boolean {
  return (
    isFault(error, 'source-unreachable') ||
    isFault(error, 'source-timeout') ||
    isFault(error, 'source-refused') ||
    isFault(error, 'store-misconfigured') ||
    isFault(error, 'overloaded')
  )
}
