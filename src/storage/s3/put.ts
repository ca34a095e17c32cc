import { Readable } from 'node:stream'
import {
  type ObjectCannedACL,
  PutObjectCommand,
  type PutObjectCommandInput,
  type StorageClass,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { throwIfAborted } from '../abort.ts'
import type { PutOptions } from '../object-store.ts'
import type { S3Clients } from './clients.ts'
import { checkHeaders, encodeMetadata, encodeTags } from './metadata.ts'

/** Bodies up to this many bytes go in one request, larger ones in parts. */
const SINGLE_BYTES = 16 * 1024 * 1024
const PART_BYTES = 8 * 1024 * 1024
const PARTS = 10_000

/**
 * Stores a body (from `outgoing`): in one request up to 16 MB, else in parts, which S3 joins only when all have come, so the object appears
 * whole or not at all. Memory stays within 16 MB and three parts. Throws the SDK's errors.
 */
export async function putObject(
  clients: S3Clients,
  target: { readonly bucket: string; readonly key: string },
  body: AsyncGenerator<Uint8Array>,
  options: PutOptions,
): Promise<{ readonly version: string | undefined }> {
  const input = putInput(target, options)
  const { signal } = options
  try {
    const begin = await readBeginning(body)
    if (begin.ended) {
      const answer = await clients.run(target.bucket, signal, (client) =>
        client.send(
          new PutObjectCommand({ ...input, Body: begin.bytes, ContentLength: begin.bytes.byteLength }),
          signal === undefined ? {} : { abortSignal: signal },
        ),
      )
      return { version: answer.ETag }
    }
    return await putInParts(clients, input, target.bucket, joined(begin.bytes, body), options)
  } finally {
    // Not awaited: a body that stalls would hold back the answer.
    body.return(undefined).catch(() => undefined)
  }
}

async function putInParts(
  clients: S3Clients,
  input: PutObjectCommandInput,
  bucket: string,
  body: AsyncGenerator<Uint8Array>,
  options: PutOptions,
): Promise<{ readonly version: string | undefined }> {
  const { signal } = options
  // The stream can be read once only, so the region must be known before.
  await clients.locate(bucket, signal)
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    throwIfAborted(signal)
    const answer = await clients.run(bucket, signal, (client) => {
      const upload = new Upload({
        client,
        params: { ...input, Body: Readable.from(body, { objectMode: false }) },
        partSize: Math.max(PART_BYTES, Math.ceil((options.size ?? 0) / PARTS)),
        queueSize: 2,
        leavePartsOnError: false,
        abortController: stop,
      })
      return upload.done()
    })
    return { version: answer.ETag }
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** The object and the headers it is written with. Throws Fault bad-parameter for what no header can carry. */
export function putInput(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  options: PutOptions,
): PutObjectCommandInput & { Bucket: string; Key: string } {
  checkHeaders(options)
  return {
    Bucket: bucket,
    Key: key,
    ContentType: options.contentType,
    ContentEncoding: options.contentEncoding,
    ContentLanguage: options.contentLanguage,
    ContentDisposition: options.contentDisposition,
    CacheControl: options.cacheControl,
    Expires: options.expires,
    // Callers name classes and canned ACLs that only their store knows; the SDK sends any text.
    ACL: options.acl as ObjectCannedACL | undefined,
    StorageClass: options.storageClass as StorageClass | undefined,
    Metadata: options.metadata === undefined ? undefined : encodeMetadata(options.metadata),
    Tagging: options.tags === undefined ? undefined : encodeTags(options.tags),
  }
}

async function readBeginning(body: AsyncGenerator<Uint8Array>): Promise<{ bytes: Uint8Array; ended: boolean }> {
  const chunks: Uint8Array[] = []
  let size = 0
  while (size <= SINGLE_BYTES) {
    const step = await body.next()
    if (step.done === true) return { bytes: onePiece(chunks), ended: true }
    chunks.push(step.value)
    size += step.value.byteLength
  }
  return { bytes: onePiece(chunks), ended: false }
}

function onePiece(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
}

async function* joined(begin: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield begin
  for (;;) {
    const step = await rest.next()
    if (step.done === true) return
    yield step.value
  }
}
