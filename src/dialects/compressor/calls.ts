import { Fault, isFault } from '../../faults.ts'
import { readBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type FormFile, readForm } from '../../http/multipart.ts'
import type { Optimizer } from '../../optimizer/optimizer.ts'
import { malformed, readJson } from './request.ts'
import type { Upload } from './work.ts'

/** What a caller handed in: the JSON, and for an upload the file. */
export type Call = {
  readonly values: Readonly<Record<string, unknown>>
  readonly upload: (Upload & { readonly bytes: number }) | undefined
}

/** The instructions are sealed into a job's payload, which takes 64 KiB. */
const JSON_BYTES = 32 * 1024
const JSON_MILLISECONDS = 30_000
/** An upload may take long as long as it comes. */
const UPLOAD_MILLISECONDS = 3_600_000
const FORM_BYTES = 1024 * 1024

/** The JSON body of `fetch`. Throws Fault unsupported for another content type, bad-parameter, too-large, timed-out. */
export async function readFetch(exchange: Exchange): Promise<Call> {
  if (!/^\s*application\/json\s*(;|$)/i.test(exchange.req.headers['content-type'] ?? '')) {
    throw new Fault('unsupported', 'Content-Type must be application/json')
  }
  const body = await reading(() => readBody(exchange, { bytes: JSON_BYTES, milliseconds: JSON_MILLISECONDS }))
  return { values: readJson(body.toString()), upload: undefined }
}

/**
 * The form of `upload`, its file on the optimizer's disk. Throws Fault as `readFetch`, and bad-parameter without a file; no
 * file is left behind then.
 */
export async function readUpload(exchange: Exchange, optimizer: Optimizer, sourceBytes: number): Promise<Call> {
  if (!/^\s*multipart\/form-data\b/i.test(exchange.req.headers['content-type'] ?? '')) {
    throw new Fault('unsupported', 'Content-Type must be multipart/form-data')
  }
  const limits = { bytes: sourceBytes + FORM_BYTES, milliseconds: UPLOAD_MILLISECONDS, fieldBytes: JSON_BYTES }
  const { fields, file } = await reading(() =>
    readForm(exchange, limits, (body) => optimizer.spool.receive(body, sourceBytes)),
  )
  const upload = uploadOf(file)
  try {
    const data = fields.find(({ name }) => name === 'data')?.text ?? ''
    return { values: data.trim() === '' ? {} : readJson(data), upload }
  } catch (error) {
    await optimizer.spool.remove(upload.spool)
    throw error
  }
}

function uploadOf(
  file: FormFile<{ readonly id: string; readonly bytes: number }> | undefined,
): Upload & { bytes: number } {
  if (file === undefined) throw new Fault('bad-parameter', 'file is required')
  const { outcome, filename } = file
  if (outcome.status === 'rejected') throw outcome.reason
  return { spool: outcome.value.id, filename, bytes: outcome.value.bytes }
}

/** A body that is no form or breaks off is malformed (400), not an option of the wrong kind. */
async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isFault(error, 'bad-parameter') ? malformed('the request body is malformed') : error
  }
}
