import type { Body, Delivered } from './delivery.ts'
import { type Disk, hashOf, nameOf, type Stored } from './disk.ts'
import { EMPTY_ETAG, type EntryHead, type Known } from './entry.ts'
import { baseOf, originalKey, type Source } from './keys.ts'
import type { Memory } from './memory.ts'
import type { Ticket } from './tickets.ts'

/** What to keep of an answer. */
export type Keeping = {
  readonly source: Source
  readonly known: Known
  readonly key: string
  readonly kind: 'original' | 'result' | 'pointer'
  readonly delivered: Delivered
  readonly bytes: Buffer
  /** Base keys of further sources. */
  readonly uses: readonly string[]
}

/** Memory, disk and, where configured, a bucket as one cache: read downwards, filled upwards. */
export type Levels = {
  /** Memory only. */
  peekRecord(source: Source): Known | undefined
  record(source: Source, ticket: Ticket): Promise<Known | undefined>
  keepRecord(source: Source, known: Known, ticket: Ticket): void
  /** Memory only. */
  peek(key: string): Delivered | undefined
  /** `sourceAs`: the answer is the source as it is, under this content type, and its bytes are not here. */
  find(
    source: Source,
    known: Known,
    key: string,
    layered: boolean,
    ticket: Ticket,
  ): Promise<Delivered | { readonly sourceAs: string } | undefined>
  /** The source's bytes as stored. */
  original(source: Source, known: Known, ticket: Ticket): Promise<{ delivered: Delivered; bytes: Buffer } | undefined>
  keep(keeping: Keeping, ticket: Ticket): void
  /** Drops all that comes from, or was made with, a source; answers how many entries went. */
  drop(source: Source): Promise<number>
}

/** A level below the memory, by the names of `nameOf`. */
export type Level = Pick<Disk, 'read' | 'write' | 'drop'>

export function createLevels(
  memory: Memory,
  below: readonly { readonly from: 'disk' | 'bucket'; readonly level: Level }[],
): Levels {
  /** Looks downwards; what a lower level had is written to those above it. */
  async function lookBelow(
    name: string,
    key: string,
    ticket: Ticket,
  ): Promise<{ stored: Stored; from: 'disk' | 'bucket' } | undefined> {
    const passed: Level[] = []
    for (const { from, level } of below) {
      const stored = await level.read(name, key)
      if (stored) {
        const { body } = stored
        if (body.kind === 'bytes' && !ticket.void)
          for (const above of passed) above.write(name, stored.head, body.bytes, ticket)
        return { stored, from }
      }
      passed.push(level)
    }
    return undefined
  }

  function writeBelow(name: string, head: EntryHead, bytes: Uint8Array, ticket: Ticket): void {
    for (const { level } of below) level.write(name, head, bytes, ticket)
  }

  function remember(
    key: string,
    delivered: Delivered,
    bytes: Buffer,
    kind: 'original' | 'answer',
    uses: readonly string[],
  ): void {
    const held: Delivered = { ...delivered, from: 'memory' }
    memory.set(key, kind === 'original' ? { kind, delivered: held, bytes } : { kind, delivered: held, bytes, uses })
  }

  async function findOriginal(source: Source, known: Known, ticket: Ticket): Promise<Delivered | undefined> {
    const key = originalKey(source, known.version)
    const held = memory.get(key)
    if (held?.kind === 'original') return held.delivered
    const found = await lookBelow(nameOf(source.base, key, false), key, ticket)
    if (found?.stored.head.kind !== 'original') return undefined
    const delivered = deliveredFrom(found.stored, known, found.from)
    if (delivered.body.kind === 'bytes' && !ticket.void) remember(key, delivered, delivered.body.bytes, 'original', [])
    return delivered
  }

  return {
    peekRecord(source) {
      const held = memory.get(source.key)
      return held?.kind === 'record' ? held.known : undefined
    },
    async record(source, ticket) {
      const found = await lookBelow(nameOf(source.base, source.key, false), source.key, ticket)
      if (found?.stored.head.kind !== 'record') return undefined
      const known = found.stored.head.record
      if (!ticket.void) memory.set(source.key, { kind: 'record', known })
      return known
    },
    keepRecord(source, known, ticket) {
      if (ticket.void) return
      memory.set(source.key, { kind: 'record', known })
      writeBelow(nameOf(source.base, source.key, false), recordHead(source, known), EMPTY, ticket)
    },
    peek(key) {
      const held = memory.get(key)
      return held === undefined || held.kind === 'record' ? undefined : held.delivered
    },
    async find(source, known, key, layered, ticket) {
      if (key === originalKey(source, known.version)) return findOriginal(source, known, ticket)
      const found = await lookBelow(nameOf(source.base, key, layered), key, ticket)
      if (!found) return undefined
      const { head } = found.stored
      if (head.kind === 'pointer') {
        const original = await findOriginal(source, known, ticket)
        return original ? { ...original, contentType: head.contentType } : { sourceAs: head.contentType }
      }
      if (head.kind !== 'result') return undefined
      const delivered = deliveredFrom(found.stored, known, found.from)
      if (delivered.body.kind === 'bytes' && !ticket.void) {
        remember(key, delivered, delivered.body.bytes, 'answer', head.uses)
      }
      return delivered
    },
    async original(source, known, ticket) {
      const delivered = await findOriginal(source, known, ticket)
      if (delivered?.body.kind !== 'file') return delivered && { delivered, bytes: delivered.body.bytes }
      const bytes = await bytesOf(delivered.body, delivered.size).catch(() => undefined)
      if (!bytes) return undefined
      const held: Delivered = { ...delivered, body: { kind: 'bytes', bytes } }
      if (!ticket.void) remember(originalKey(source, known.version), held, bytes, 'original', [])
      return { delivered: held, bytes }
    },
    keep({ source, known, key, kind, delivered, bytes, uses }, ticket) {
      if (ticket.void) return
      remember(key, delivered, bytes, kind === 'original' ? 'original' : 'answer', uses)
      const pointer = kind === 'pointer'
      const head: EntryHead = {
        kind,
        key,
        size: pointer ? 0 : delivered.size,
        etag: pointer ? EMPTY_ETAG : delivered.etag,
        contentType: delivered.contentType,
        contentEncoding: delivered.contentEncoding,
        picture: delivered.picture,
        uses,
        record: known,
      }
      writeBelow(nameOf(source.base, key, uses.length > 0), head, pointer ? EMPTY : bytes, ticket)
    },
    async drop(source) {
      const dropped = new Set(memory.drop(source.base).map(({ key, layered }) => nameOf(baseOf(key), key, layered)))
      for (const { level } of below) for (const name of await level.drop(hashOf(source.base))) dropped.add(name)
      return dropped.size
    },
  }
}

const EMPTY = Buffer.alloc(0)

function recordHead(source: Source, known: Known): EntryHead {
  return { kind: 'record', key: source.key, size: 0, etag: EMPTY_ETAG, contentType: '', uses: [], record: known }
}

function deliveredFrom({ head, body }: Stored, known: Known, from: 'disk' | 'bucket'): Delivered {
  return {
    body,
    size: head.size,
    contentType: head.contentType,
    contentEncoding: head.contentEncoding,
    etag: head.etag,
    lastModified: known.lastModified === undefined ? undefined : new Date(known.lastModified),
    source: known,
    picture: head.picture,
    from,
  }
}

async function bytesOf(body: Body, size: number): Promise<Buffer> {
  if (body.kind === 'bytes') return body.bytes
  const bytes = Buffer.allocUnsafeSlow(size)
  let at = 0
  for await (const chunk of body.open()) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
