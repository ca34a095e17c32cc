/** `POST /api/path/storage/{filename}`, the oldest way to store a file: its bytes are a field of a form, in base64 (filestack §6). */
import type { Exchange } from '../../http/exchange.ts'
import { sendJson } from './answers.ts'
import { readFields } from './body.ts'
import { badParameter, refusalOf, UNEXPECTED } from './faults.ts'
import { createParameters, queryOf } from './parameters.ts'
import { type Storing, storeHanded } from './store.ts'
import { blobOf, type Door, readWish } from './wish.ts'

/** Such a form is held in memory. */
const FORM_BYTES = 16 * 1024 * 1024

/** Answers in the form of that time, errors too. Errors that nobody expected are thrown on. */
export async function answerOldStore(
  context: Storing,
  exchange: Exchange,
  door: Door,
  filename: string,
): Promise<void> {
  try {
    const { url, size, type, filename: name } = blobOf(context, await store(context, exchange, door, filename))
    sendJson(exchange, 200, { result: 'ok', data: { url, data: { filename: name, type, size } } })
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === UNEXPECTED || refusal.status >= 500) throw error
    sendJson(exchange, refusal.status, { result: 'error', msg: refusal.message })
  }
}

async function store(context: Storing, exchange: Exchange, door: Door, filename: string) {
  const query = queryOf(exchange.target)
  const fields = await readFields(exchange, query, FORM_BYTES)
  const contents = fields.text('fileContents')
  if (contents === undefined) throw badParameter('fileContents', 'the bytes of the file are missing')
  const entries = fields.names().map((name) => [name, fields.text(name) ?? ''] as const)
  const parameters = createParameters([...entries, ['key', fields.text('apikey') ?? '']])
  const wish = { ...readWish(context, exchange, door, parameters), filename, base64: true }
  // A plus that was not escaped has become a blank on the way.
  const body = single(Buffer.from(contents.replaceAll(' ', '+')))
  return storeHanded(context, exchange, wish, { kind: 'bytes', from: 'part', body })
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
