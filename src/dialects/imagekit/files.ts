import { LRUCache } from 'lru-cache'
import type { Directory } from '../../catalog/model.ts'
import type { Delivering } from '../../delivery/create.ts'
import type { Delivered } from '../../delivery/delivery.ts'
import { sniff } from '../../engine/sniff.ts'
import { Fault, isFault, isSourceFailure } from '../../faults.ts'
import type { Exchange, Log } from '../../http/exchange.ts'
import { type Sendable, sendStored } from '../../http/respond.ts'
import type { SourceRef } from '../../plan/plan.ts'
import type { Bound, KeySecret } from './account.ts'
import { fileHeaders, sendRefusal } from './answers.ts'
import { refusalOf } from './faults.ts'
import { canonicalLink } from './origins.ts'
import { type FileRequest, type Reading, readRequest, type Sought } from './request.ts'
import { sense, senseKey } from './senses.ts'

/** What this dialect asks of the delivery service; `bytes` finds out which origin has an overlay. */
export type FileDelivery = Pick<Delivering, 'deliver' | 'bytes'> & Partial<Pick<Delivering, 'peek'>>

export type FilesOptions = {
  readonly directory: Directory
  readonly delivery: FileDelivery
  readonly keySecret: KeySecret
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

/** A compiled request with what is sent of it. */
type Remembered = { readonly file: FileRequest; readonly headers: Map<string, readonly string[]> }

const REMEMBERED_BYTES = 8 * 1024 * 1024
/** Measured size of one compiled request without its target. */
const ENTRY_BYTES = 3_000
/** Where overlays were found is believed for a while; one that moves is looked for again at once. */
const LOCATED = { max: 4096, ttl: 300_000 }

/**
 * Answers GET and HEAD. Compiled requests are remembered by raw target and senses until anything in the directory changes or
 * their signature expires; private files are decided by the delivery service on every request.
 */
export function createFiles({ directory, delivery, keySecret, log, clock }: FilesOptions) {
  const remembered = new LRUCache<string, Remembered>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_file, key) => key.length + ENTRY_BYTES,
  })
  /** Project and path → where it lies. */
  const located = new LRUCache<string, SourceRef>(LOCATED)
  let generation = directory.generation

  function read(exchange: Exchange, bound: Bound | undefined): Remembered | Exclude<Reading, { kind: 'file' }> {
    if (directory.generation !== generation) {
      remembered.clear()
      located.clear()
      generation = directory.generation
    }
    const senses = sense(exchange.req.headers)
    const { target } = exchange
    const door = bound === undefined ? '' : `${bound.project}/${bound.endpoint}`
    const key = `${senseKey(senses, target)}${door} ${target}`
    const now = clock()
    const before = remembered.get(key)
    if (before !== undefined && !(before.file.until !== undefined && before.file.until < now)) return before
    const found = (project: string, path: string) => located.get(`${project}\n${path}`)
    const reading = readRequest({ target, bound, senses, directory, keySecret, now, located: found })
    if (reading.kind !== 'file') return reading
    const fresh = { file: reading.file, headers: new Map() }
    remembered.set(key, fresh)
    return fresh
  }

  /** Finds overlays that may lie in several origins: the first that has it. */
  async function locate(project: string, assets: readonly Sought[], signal: AbortSignal): Promise<void> {
    for (const { path, candidates } of assets)
      located.set(`${project}\n${path}`, await firstWith(project, candidates, signal))
  }

  async function firstWith(project: string, candidates: Sought['candidates'], signal: AbortSignal): Promise<SourceRef> {
    let failure: unknown
    for (const candidate of candidates) {
      try {
        await delivery.bytes(project, candidate, signal)
        return candidate
      } catch (error) {
        if (!isSourceFailure(error)) throw error
        if (failure === undefined || error.code !== 'object-missing') failure = error
      }
    }
    throw failure
  }

  async function answerSlowly(exchange: Exchange, bound: Bound | undefined): Promise<void> {
    try {
      let reading = read(exchange, bound)
      if ('kind' in reading && reading.kind === 'locate') {
        await locate(reading.project, reading.assets, exchange.signal)
        reading = read(exchange, bound)
      }
      if ('kind' in reading) {
        if (reading.kind === 'refused') return sendRefusal(exchange, reading.refusal)
        throw new Fault('object-missing', 'an overlay is nowhere')
      }
      await send(exchange, reading, await deliver(reading.file, exchange.signal))
    } catch (error) {
      // Nobody is left to be answered.
      if (exchange.res.destroyed || exchange.signal.aborted) return
      const refusal = refusalOf(error, exchange.id)
      if (!isFault(error)) log.error({ id: exchange.id, err: error }, 'a file failed unexpectedly')
      else if (refusal.status >= 500) log.warn({ id: exchange.id, code: error.code }, error.message)
      sendRefusal(exchange, refusal)
    }
  }

  async function deliver(file: FileRequest, signal: AbortSignal): Promise<Delivered> {
    try {
      return await delivery.deliver(file.delivery, signal)
    } catch (error) {
      if (isFault(error, 'not-an-image') && file.untouched !== undefined) return asItIs(file.untouched, error, signal)
      const [next, ...others] = file.others
      if (!isFault(error, 'object-missing') || next === undefined) throw error
      // The default picture may lie in any origin.
      return deliver({ ...file, delivery: { ...file.delivery, instead: next }, others }, signal)
    }
  }

  /** A file that is no picture. If it is one, the error was about something that was to be laid on it. */
  async function asItIs(untouched: FileRequest['delivery'], error: Fault, signal: AbortSignal): Promise<Delivered> {
    const delivered = await delivery.deliver(untouched, signal)
    const { body } = delivered
    const beginning = body.kind === 'bytes' ? body.bytes : await firstBytes(body)
    if (sniff(beginning) !== undefined) throw error
    return delivered
  }

  return function answer(exchange: Exchange, bound: Bound | undefined): Promise<void> | void {
    const reading = read(exchange, bound)
    if ('kind' in reading) {
      return reading.kind === 'refused' ? sendRefusal(exchange, reading.refusal) : answerSlowly(exchange, bound)
    }
    const ready = delivery.peek?.(reading.file.delivery)
    return ready === undefined ? answerSlowly(exchange, bound) : send(exchange, reading, ready)
  }
}

/** As much as the kind of a file can be told by. */
const BEGINNING = 4096

async function firstBytes(body: Extract<Delivered['body'], { readonly kind: 'file' }>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body.open({ start: 0, end: BEGINNING - 1 })) parts.push(part)
  return Buffer.concat(parts)
}

// Delivered objects live as long as their bytes are in memory: what is sent of them is put together once.
const sendables = new WeakMap<Delivered, Sendable>()

function send(exchange: Exchange, { file, headers }: Remembered, delivered: Delivered): Promise<void> | void {
  let sendable = sendables.get(delivered)
  if (sendable === undefined) {
    const { body, size, contentType, contentEncoding, etag, lastModified } = delivered
    sendable = { body, size, contentType, contentEncoding, etag, lastModified }
    sendables.set(delivered, sendable)
  }
  const { source, private: isPrivate } = delivered.source
  // The default picture is not the original that a canonical link names.
  const isAsset = source.kind === 'object' && file.delivery.sources.some((one) => sameObject(one, source))
  const origin = isAsset ? source.connection : ''
  const key = `${isPrivate ? '!' : ''}${origin}`
  let head = headers.get(key)
  if (head === undefined) {
    head = headersOf(file, origin, isPrivate)
    headers.set(key, head)
  }
  return sendStored(exchange, sendable, head)
}

function sameObject(one: SourceRef, other: Extract<SourceRef, { readonly kind: 'object' }>): boolean {
  return one.kind === 'object' && one.connection === other.connection && one.key === other.key
}

function headersOf(file: FileRequest, alias: string, isPrivate: boolean): readonly string[] {
  const { compiled, project, asset, origins, attachment, until } = file
  const { settings } = project.settings.imagekit
  const origin = origins.find((one) => one.alias === alias)
  return fileHeaders({
    negotiated: compiled.negotiated,
    hinted: compiled.hinted,
    saver: settings.dataSaver,
    link: origin && canonicalLink(origin, asset),
    attachment,
    hidden: isPrivate || (until !== undefined && settings.restrictUnsigned),
  })
}
