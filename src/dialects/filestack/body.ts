/** What a request hands in, decided in the order of filestack §1.1. */
import { isFault } from '../../faults.ts'
import { readBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { incoming } from '../../http/incoming.ts'
import { type FormField, type FormPart, readForm } from '../../http/multipart.ts'
import { badParameter, refusing } from './faults.ts'
import { createParameters, type Entries, entriesOf, type Parameters } from './parameters.ts'
import type { Spool, Waiting, Waits } from './spool.ts'

/** Bytes, or where they are to be had. */
export type Handed =
  | {
      readonly kind: 'bytes'
      readonly body: AsyncIterable<Uint8Array>
      readonly from: 'part' | 'raw'
      /** What the part was called. */
      readonly filename?: string
      /** Media type of the part or of the request, as sent. */
      readonly type?: string
      /** Bytes, when they are known. */
      readonly size?: number
    }
  | { readonly kind: 'url'; readonly url: string }

/** What becomes of what was handed in. */
export type Taker<T> = {
  /**
   * Whether a part of a form can be taken as it streams in, with the parameters that came before it: otherwise it waits on the
   * disk until all of them are known.
   */
  begin(parameters: Parameters): 'stream' | Waits
  take(handed: Handed, parameters: Parameters): Promise<T>
  /** Fields came after a part that was streamed: throws when they ask for something else than what was done. */
  check(taken: T, before: Parameters, all: Parameters): void
  /** The form broke off behind its file, or asks for something else. */
  undo(taken: T): Promise<void>
}

export type Receiving = {
  readonly spool: Spool
  /** Bytes of a file. */
  readonly limit: number
  /** Milliseconds that the sender of a form may keep silent. Default: a minute. */
  readonly silenceMs?: number
}

/** Texts of a form, JSON that may be parameters, and a form that may hold a URL are read up to this many bytes. */
const TEXT_BYTES = 256 * 1024
/** What a form may have around its file. */
const FORM_BYTES = 8 * 1024 * 1024
/** Nobody uploads for longer; a sender that falls silent is noticed much earlier. */
const LONGEST_MS = 24 * 3_600_000
const SILENCE_MS = 60_000
/** Requests without a file are short. */
const FIELDS_MS = 30_000

/** Reads the body and hands it to `taker`, once. Faults of `taker`, of reading; status 400 for a form without file and URL. */
export async function receive<T>(
  exchange: Exchange,
  query: Entries,
  taker: Taker<T>,
  receiving: Receiving,
): Promise<T> {
  const type = exchange.req.headers['content-type']
  const media = mediaOf(type)
  if (media === 'multipart/form-data') return receiveForm(exchange, query, taker, receiving)
  const form = media === 'application/x-www-form-urlencoded'
  const body = incoming(exchange)
  if (!form && media !== 'application/json') return takeRaw(exchange, query, taker, body, type)
  const { text, rest } = await beginning(body)
  const entries = text === undefined ? undefined : form ? formEntries(text) : jsonEntries(text)
  if (entries === undefined) return takeRaw(exchange, query, taker, rest, type)
  const [url, parameters] = entries
  return taker.take({ kind: 'url', url }, createParameters(query, parameters))
}

async function takeRaw<T>(
  { req, res }: Exchange,
  query: Entries,
  taker: Taker<T>,
  body: AsyncIterable<Uint8Array>,
  type: string | undefined,
): Promise<T> {
  const declared = req.headers['content-length']
  const size = declared !== undefined && /^\d{1,15}$/.test(declared) ? { size: Number(declared) } : {}
  try {
    const handed: Handed = { kind: 'bytes', from: 'raw', body, ...(type !== undefined && { type }), ...size }
    return await taker.take(handed, createParameters(query))
  } finally {
    if (!req.complete) {
      // What still comes is thrown away while the answer goes out; the connection is not used again.
      res.shouldKeepAlive = false
      setImmediate(() => req.resume())
    }
  }
}

/** The parameters of a request that hands no file in: query, form or JSON of at most `most` bytes. What is neither holds none. */
export async function readFields(exchange: Exchange, query: Entries, most = TEXT_BYTES): Promise<Parameters> {
  const { req } = exchange
  const media = mediaOf(req.headers['content-type'])
  if (media === 'multipart/form-data') {
    const limits = { bytes: FORM_BYTES + most, fieldBytes: most, milliseconds: FIELDS_MS }
    const { fields } = await readForm(exchange, limits, () => undefined)
    return createParameters(query, entriesOfFields(fields))
  }
  const text = (await readBody(exchange, { bytes: most, milliseconds: FIELDS_MS })).toString('utf8')
  if (media === 'application/x-www-form-urlencoded') return createParameters(query, [...new URLSearchParams(text)])
  return createParameters(query, media === 'application/json' ? entriesOf(objectOf(text) ?? {}) : [])
}

function mediaOf(type: string | undefined): string {
  return type?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** The text of a short body; the whole body again as `rest` otherwise and for those who want bytes after all. */
async function beginning(
  body: AsyncGenerator<Uint8Array>,
): Promise<{ readonly text: string | undefined; readonly rest: AsyncIterable<Uint8Array> }> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const step = await body.next()
    if (step.done === true) break
    chunks.push(step.value)
    size += step.value.byteLength
    if (size > TEXT_BYTES) return { text: undefined, rest: joined(chunks, body) }
  }
  return { text: Buffer.concat(chunks).toString('utf8'), rest: joined(chunks, body) }
}

async function* joined(chunks: readonly Uint8Array[], body: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks
  yield* body
}

/** URL and fields of a form that has a `url`; a body that only claims to be a form (`curl -d @file`) has none. */
function formEntries(text: string): readonly [url: string, entries: Entries] | undefined {
  if (!/(?:^|&)url=/.test(text) || /[^\P{Cc}\t\r\n]|�/u.test(text)) return undefined
  const entries = [...new URLSearchParams(text.trim())]
  const url = entries.find(([name]) => name === 'url')?.[1]
  return url === undefined ? undefined : [url, entries]
}

function jsonEntries(text: string): readonly [url: string, entries: Entries] | undefined {
  const json = objectOf(text)
  return json !== undefined && 'url' in json && typeof json.url === 'string' ? [json.url, entriesOf(json)] : undefined
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

type Received<T> =
  | { readonly kind: 'taken'; readonly taken: T; readonly before: Parameters }
  | { readonly kind: 'waiting'; readonly waiting: Waiting; readonly part: FormPart }

async function receiveForm<T>(
  exchange: Exchange,
  query: Entries,
  taker: Taker<T>,
  { spool, limit, silenceMs = SILENCE_MS }: Receiving,
): Promise<T> {
  const limits = { bytes: limit + FORM_BYTES, fieldBytes: TEXT_BYTES, milliseconds: LONGEST_MS, silenceMs }
  let received: Received<T> | undefined
  const receivePart = async (body: AsyncIterable<Uint8Array>, part: FormPart): Promise<void> => {
    const before = createParameters(query, entriesOfFields(part.fields))
    const begin = taker.begin(before)
    received =
      begin === 'stream'
        ? { kind: 'taken', before, taken: await taker.take(handedPart(body, part), before) }
        : { kind: 'waiting', part, waiting: await spool.keep(body, begin) }
  }
  try {
    const form = await readForm(exchange, limits, (body, part) =>
      // An input of a page that was left empty.
      part.filename === '' && part.field !== 'fileUpload' ? undefined : receivePart(body, part),
    )
    if (form.file?.outcome.status === 'rejected') throw form.file.outcome.reason
    const all = createParameters(query, entriesOfFields(form.fields))
    if (received === undefined) return await taker.take(handedField(form.fields, all), all)
    if (received.kind === 'waiting') {
      const { waiting, part } = received
      return await taker.take({ ...handedPart(waiting.body(), part), size: waiting.size }, all)
    }
    taker.check(received.taken, received.before, all)
    return received.taken
  } catch (error) {
    if (received?.kind === 'taken') await taker.undo(received.taken)
    throw isFault(error, 'timed-out') ? refusing({ status: 408, message: 'The request took too long' }, error) : error
  } finally {
    if (received?.kind === 'waiting') await received.waiting.remove()
  }
}

function handedPart(body: AsyncIterable<Uint8Array>, { filename, type }: FormPart) {
  return { kind: 'bytes', from: 'part', body, filename, type } as const
}

/** A form without a file: a URL, or the file as a text. */
function handedField(fields: readonly FormField[], parameters: Parameters): Handed {
  const url = parameters.text('url')
  if (url !== undefined) return { kind: 'url', url }
  const text = fields.find(({ name }) => name === 'fileUpload')?.text
  if (text === undefined) throw badParameter('fileUpload', 'the form has neither a file nor a url')
  return { kind: 'bytes', from: 'part', body: single(Buffer.from(text)), filename: '', type: 'text/plain' }
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function entriesOfFields(fields: readonly FormField[]): Entries {
  return fields.flatMap(({ name, text }) => (name === undefined ? [] : [[name, text] as const]))
}
