import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { Fault, isFault } from '../faults.ts'
import { unlessAborted } from './abort.ts'
import type { BodyLimits } from './body.ts'
import type { Exchange } from './exchange.ts'
import { brokenOff, onBreak, pieces } from './incoming.ts'

/** A part without a file name. */
export type FormField = { readonly name: string | undefined; readonly text: string }
/** A part with one. `outcome` is what became of receiving it. */
export type FormFile<T> = {
  readonly field: string | undefined
  readonly filename: string
  readonly type: string
  readonly outcome: PromiseSettledResult<T>
}
/** What is known of a file while it streams in. */
export type FormPart = Pick<FormFile<unknown>, 'field' | 'filename' | 'type'> & {
  /** The parts that came before it. */
  readonly fields: readonly FormField[]
}
export type Form<T> = { readonly fields: readonly FormField[]; readonly file: FormFile<T> | undefined }

export type FormLimits = BodyLimits & {
  /** Bytes of one field. */
  readonly fieldBytes: number
  /** Milliseconds that the sender may keep silent; time in which nobody takes what it sent does not count. Default: as long as it likes. */
  readonly silenceMs?: number
}

/** Parts beyond these are passed over. */
const FIELDS = 50
const PARTS = 100
const HEADER_PAIRS = 50
const HEADER_BYTES = 16 * 1024

/**
 * Reads a multipart/form-data body as it streams in: texts in memory, the first part that has a file name through `receive`, further
 * files passed over. A `receive` that fails does not end the form, so that the other parts can still be looked at; a file for
 * which it returns undefined is passed over, and the next one tried. Throws Fault bad-parameter for a body that is no form or breaks
 * off, too-large above `limits`, timed-out. After a fault the connection is not used again.
 */
export async function readForm<T>(
  exchange: Exchange,
  limits: FormLimits,
  receive: (body: AsyncIterable<Uint8Array>, part: FormPart) => Promise<T> | undefined,
): Promise<Form<T>> {
  const { req, res } = exchange
  const fields: FormField[] = []
  let file: Promise<FormFile<T>> | undefined
  let flowing: Readable | undefined
  const parser = createParser(req.headers['content-type'], limits.fieldBytes)
  const finished = once(parser, 'finish')
  finished.catch(() => undefined)
  let tooLong = false

  parser.on('field', (name: string | undefined, text, _named, truncated) => {
    tooLong ||= truncated
    fields.push({ name, text })
  })
  parser.on('file', (field: string | undefined, body, filename: string | undefined, _encoding, type) => {
    // What breaks off in here is told by the parser or the request.
    body.on('error', () => undefined)
    if (file !== undefined) return void body.resume()
    // One who receives no further must not destroy it: the parser would wait for its end for ever.
    const chunks: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }),
    }
    const named = { field, filename: filename ?? '', type }
    const receiving = receive(chunks, { ...named, fields: [...fields] })
    if (receiving === undefined) return void body.resume()
    flowing = body
    file = settled(receiving).then((outcome) => {
      body.resume()
      return { ...named, outcome }
    })
  })

  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(new Fault('timed-out')), limits.milliseconds)
  const unwatch = onBreak(exchange, (fault) => stop.abort(fault))
  try {
    await Promise.race([feed(exchange, parser, limits, stop), finished.then(() => undefined)])
    await unlessAborted(finished, stop.signal)
    if (tooLong) throw new Fault('too-large', undefined, { context: { limit: limits.fieldBytes } })
    return { fields, file: await file }
  } catch (error) {
    const fault = stop.signal.aborted ? stop.signal.reason : isFault(error) ? error : brokenOff(error)
    res.shouldKeepAlive = false
    flowing?.destroy(fault)
    // What was being received is put away before anybody hears of it.
    await file
    req.resume()
    throw fault
  } finally {
    clearTimeout(timer)
    unwatch()
    stop.abort()
  }
}

function createParser(type: string | undefined, fieldSize: number): BusboyInstance {
  if (!/^\s*multipart\/form-data\b/i.test(type ?? '')) throw new Fault('bad-parameter', 'the body is no form')
  try {
    return new Busboy({
      headers: { 'content-type': type ?? '' },
      limits: { fieldSize, fields: FIELDS, parts: PARTS, headerPairs: HEADER_PAIRS, headerSize: HEADER_BYTES },
      isPartAFile: (_field, _type, filename) => filename !== undefined,
    })
  } catch (cause) {
    throw new Fault('bad-parameter', 'the body is no form', { cause })
  }
}

/** Hands the request on with back-pressure. */
async function feed(
  exchange: Exchange,
  parser: BusboyInstance,
  { bytes: limit, silenceMs }: FormLimits,
  stop: AbortController,
): Promise<void> {
  const { signal } = stop
  const listen = () => {
    if (silenceMs === undefined) return undefined
    return setTimeout(() => stop.abort(new Fault('timed-out', 'the body stopped coming')), silenceMs)
  }
  let size = 0
  let silence = listen()
  try {
    for await (const piece of pieces(exchange, signal)) {
      clearTimeout(silence)
      size += piece.byteLength
      if (size > limit) throw new Fault('too-large', undefined, { context: { limit } })
      if (!parser.write(piece)) await unlessAborted(once(parser, 'drain', { signal }), signal)
      silence = listen()
    }
  } finally {
    clearTimeout(silence)
  }
  parser.end()
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.allSettled([work])
  return outcome
}
