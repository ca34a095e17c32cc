import { LRUCache } from 'lru-cache'
import type { Directory } from '../../catalog/model.ts'
import type { Delivering } from '../../delivery/create.ts'
import type { Delivered, DeliveryService } from '../../delivery/delivery.ts'
import { isFault } from '../../faults.ts'
import type { Exchange, Log } from '../../http/exchange.ts'
import { type Sendable, sendStored } from '../../http/respond.ts'
import { contentType, pictureHeaders, sendHidden, sendRefusal } from './answers.ts'
import { refusalOf } from './faults.ts'
import type { Operation } from './grammar.ts'
import { sense, senseKey } from './negotiation.ts'
import { type Reading, readPicture } from './request.ts'

/** A delivery service that may answer from memory at once. */
export type PeekingDelivery = DeliveryService & Partial<Pick<Delivering, 'peek'>>

export type PicturesOptions = {
  readonly directory: Directory
  readonly delivery: PeekingDelivery
  /** Project of the engine form, if any opened it. */
  readonly engineProject: () => string | undefined
  readonly log: Log
}

type Picture = Extract<Reading, { readonly kind: 'picture' }> & { readonly headers: readonly string[] }

/** About how many bytes of compiled requests are remembered. */
const REMEMBERED_BYTES = 8 * 1024 * 1024
/** Measured size of one compiled request without its target. */
const ENTRY_BYTES = 1_500

/**
 * Answers GET and HEAD of the four operations. Compiled requests are remembered by raw target and senses until anything in the
 * directory changes, so that each request is authorised and a repeated one costs next to nothing.
 */
export function createPictures({ directory, delivery, engineProject, log }: PicturesOptions) {
  const remembered = new LRUCache<string, Picture>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_picture, key) => key.length + ENTRY_BYTES,
  })
  let generation = directory.generation

  function read(exchange: Exchange): Picture | Exclude<Reading, { readonly kind: 'picture' }> {
    if (directory.generation !== generation) {
      remembered.clear()
      generation = directory.generation
    }
    const senses = sense(exchange)
    const key = senseKey(senses) + exchange.target
    const before = remembered.get(key)
    if (before !== undefined) return before
    const reading = readPicture(exchange.target, senses, directory, engineProject())
    if (reading.kind !== 'picture') return reading
    const picture = { ...reading, headers: pictureHeaders(reading.settings.cacheSeconds, reading.vary) }
    remembered.set(key, picture)
    return picture
  }

  async function deliver(exchange: Exchange, picture: Picture): Promise<void> {
    try {
      await send(exchange, picture, await delivery.deliver(picture.delivery, exchange.signal))
    } catch (error) {
      // Nobody is left to be answered.
      if (exchange.res.destroyed || exchange.signal.aborted) return
      const { vary, settings } = picture
      const refusal = refusalOf(error, { vary, upstreamErrors: settings.upstreamErrors, id: exchange.id })
      if (!isFault(error)) log.error({ id: exchange.id, err: error }, 'a picture failed unexpectedly')
      else if (refusal.status >= 500) {
        log.warn({ id: exchange.id, code: error.code, project: picture.delivery.project }, error.message)
      }
      sendRefusal(exchange, refusal)
    }
  }

  return function answer(exchange: Exchange): Promise<void> | void {
    const reading = read(exchange)
    switch (reading.kind) {
      case 'refused':
        return sendRefusal(exchange, reading.refusal)
      case 'hidden':
        return sendHidden(exchange, reading.vary)
      case 'picture': {
        const ready = delivery.peek?.(reading.delivery)
        return ready === undefined ? deliver(exchange, reading) : send(exchange, reading, ready)
      }
    }
  }
}

// Delivered objects live as long as their bytes are in memory: what is sent of them is put together once.
const sendables = new WeakMap<Delivered, { readonly operation: Operation; readonly sendable: Sendable }>()

function send(exchange: Exchange, { operation, headers }: Picture, delivered: Delivered): Promise<void> | void {
  let known = sendables.get(delivered)
  if (known?.operation !== operation) {
    const { body, size, contentEncoding, etag, lastModified } = delivered
    const type = contentType(operation, delivered)
    known = { operation, sendable: { body, size, contentType: type, contentEncoding, etag, lastModified } }
    sendables.set(delivered, known)
  }
  return sendStored(exchange, known.sendable, headers)
}
