import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Fault, isFault } from '../../faults.ts'
import type { ObjectKey, PartSlice, PartStore, PutBody, StoredPart } from '../object-store.ts'
import { outgoing } from '../outgoing.ts'
import { checkExpiry, faulting, type S3Clients } from './clients.ts'
import { corsAllows, createCorsRules } from './cors.ts'
import { putInput } from './put.ts'

type Target = { readonly bucket: string; readonly key: string }

/** Multipart uploads of S3. `target` and `bucketOf` check what is named and fill in the connection's own bucket. */
export function createParts(
  clients: S3Clients,
  target: (object: ObjectKey) => Target,
  bucketOf: (bucket: string | undefined) => string,
): PartStore {
  const rulesOf = createCorsRules(clients)

  async function putBytes(at: PartInput, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string> {
    if (bytes.byteLength !== at.ContentLength) throw wrongSize(bytes.byteLength, at.ContentLength)
    const { ETag } = await faulting(
      signal,
      () =>
        clients.run(at.Bucket, signal, (client) =>
          client.send(new UploadPartCommand({ ...at, Body: bytes }), sendOptions(signal)),
        ),
      {},
    )
    return etagOf(ETag)
  }

  async function putStream(
    at: PartInput,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    // The stream can be read once only, so the region must be known before.
    await clients.locate(at.Bucket, signal)
    const stop = new AbortController()
    const source = outgoing(body, {
      size: at.ContentLength,
      signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    })
    const readable = Readable.from(source.chunks, { objectMode: false })
    // A body that breaks off must break the request, which otherwise waits for the rest.
    readable.on('error', (error) => stop.abort(error))
    try {
      const { ETag } = await faulting(
        signal,
        () =>
          clients.run(at.Bucket, stop.signal, (client) =>
            client.send(new UploadPartCommand({ ...at, Body: readable }), { abortSignal: stop.signal }),
          ),
        {},
      )
      return etagOf(ETag)
    } catch (error) {
      source.rethrow()
      throw error
    } finally {
      readable.destroy()
    }
  }

  return {
    async begin(object, options = {}) {
      const place = target(object)
      const { signal } = options
      const { UploadId } = await faulting(
        signal,
        () =>
          clients.run(place.bucket, signal, (client) =>
            client.send(new CreateMultipartUploadCommand(putInput(place, options)), sendOptions(signal)),
          ),
        options,
      )
      if (UploadId === undefined) throw new Fault('source-refused', 'the store names no upload')
      return UploadId
    },

    async presign(object, upload, slice, expiresSeconds) {
      checkExpiry(expiresSeconds)
      const at = partInput(target(object), upload, slice)
      // A URL signed for another region is refused, and nobody is there to repeat the call.
      await clients.locate(at.Bucket)
      const url = await faulting(undefined, () =>
        clients.run(at.Bucket, undefined, (client) =>
          getSignedUrl(client, new UploadPartCommand(at), { expiresIn: expiresSeconds }),
        ),
      )
      const headers: Readonly<Record<string, string>> = slice.md5 === undefined ? {} : { 'Content-MD5': slice.md5 }
      return { url, headers }
    },

    async put(object, upload, slice, body: PutBody, signal) {
      const at = partInput(target(object), upload, slice)
      try {
        const etag = await (body instanceof Uint8Array ? putBytes(at, body, signal) : putStream(at, body, signal))
        return { etag }
      } catch (error) {
        throw namingDigest(error)
      }
    },

    async list(object, upload) {
      const { bucket, key } = target(object)
      const parts: StoredPart[] = []
      let marker: string | undefined
      do {
        const page = await faulting(undefined, () =>
          clients.run(bucket, undefined, (client) =>
            client.send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: upload, PartNumberMarker: marker })),
          ),
        )
        for (const { PartNumber: part, Size: size, ETag: etag } of page.Parts ?? []) {
          if (part !== undefined && size !== undefined && etag !== undefined) parts.push({ part, size, etag })
        }
        marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined
      } while (marker !== undefined)
      return parts.sort((a, b) => a.part - b.part)
    },

    async complete(object, upload, parts) {
      const { bucket, key } = target(object)
      const ordered = [...parts].sort((a, b) => a.part - b.part)
      const input = {
        Bucket: bucket,
        Key: key,
        UploadId: upload,
        MultipartUpload: { Parts: ordered.map(({ part, etag }) => ({ PartNumber: part, ETag: etag })) },
      }
      try {
        const { ETag } = await faulting(
          undefined,
          () => clients.run(bucket, undefined, (client) => client.send(new CompleteMultipartUploadCommand(input))),
          {},
        )
        return { version: ETag }
      } catch (error) {
        if (!isFault(error, 'not-found')) throw error
        // An answer that got lost: the call was repeated on an upload that had ended with the first one.
        const etag = await etagAt({ bucket, key })
        if (etag === undefined || bare(etag) !== joinedEtag(ordered.map((part) => part.etag))) throw error
        return { version: etag }
      }
    },

    async abort(object, upload) {
      const { bucket, key } = target(object)
      try {
        await faulting(
          undefined,
          () =>
            clients.run(bucket, undefined, (client) =>
              client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: upload })),
            ),
          {},
        )
      } catch (error) {
        if (!isFault(error, 'not-found')) throw error
      }
    },

    async browsersMayPut(bucket, origin) {
      const rules = await rulesOf(bucketOf(bucket))
      return corsAllows(rules, { method: 'PUT', origin, headers: ['content-md5'], exposed: 'ETag' })
    },
  }

  async function etagAt({ bucket, key }: Target): Promise<string | undefined> {
    try {
      const head = await faulting(undefined, () =>
        clients.run(bucket, undefined, (client) => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))),
      )
      return head.ETag
    } catch (error) {
      if (isFault(error, 'object-missing')) return undefined
      throw error
    }
  }
}

type PartInput = ReturnType<typeof partInput>

function partInput({ bucket, key }: Target, upload: string, { part, size, md5 }: PartSlice) {
  const digest = md5 === undefined ? {} : { ContentMD5: md5 }
  return { Bucket: bucket, Key: key, UploadId: upload, PartNumber: part, ContentLength: size, ...digest }
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

function etagOf(etag: string | undefined): string {
  if (etag === undefined) throw new Fault('source-refused', 'the store names no ETag')
  return etag
}

function bare(etag: string): string {
  return etag.replaceAll('"', '')
}

/** The ETag that S3 gives an object of parts: the MD5 of the MD5s of the parts, and their number. */
function joinedEtag(etags: readonly string[]): string {
  const digest = createHash('md5')
  for (const etag of etags) digest.update(Buffer.from(bare(etag), 'hex'))
  return `${digest.digest('hex')}-${etags.length}`
}

function wrongSize(seen: number, size: number): Fault {
  return new Fault('bad-parameter', 'the body is not as long as announced', { context: { option: 'size', seen, size } })
}

function namingDigest(error: unknown): unknown {
  const wrong = isFault(error, 'bad-parameter') && /Digest/.test(String(error.context.reason))
  return wrong
    ? new Fault('bad-parameter', 'the part is not what its digest says', { context: { option: 'md5' } })
    : error
}
