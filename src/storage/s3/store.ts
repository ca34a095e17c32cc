import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Fault, isFault } from '../../faults.ts'
import { abortReason } from '../abort.ts'
import type { Agents } from '../agents.ts'
import { checkSize, watchedBody } from '../body.ts'
import { checkKey, checkPrefix } from '../keys.ts'
import type { Capabilities, ObjectEntry, ObjectHead, ObjectKey, ObjectStore } from '../object-store.ts'
import { outgoing } from '../outgoing.ts'
import { checkExpiry, createClients, faulting, type S3Config } from './clients.ts'
import { readS3Error, s3Fault } from './faults.ts'
import { decodeMetadata } from './metadata.ts'
import { createParts } from './parts.ts'
import { putObject } from './put.ts'

/** What S3 itself can; a store that cannot says so with Fault store-refused when it is asked. */
const CAPABILITIES: Capabilities = {
  write: true,
  acl: true,
  tags: true,
  storageClass: true,
  metadata: true,
  presign: true,
}

const PAGE = 1000

/** A bucket of S3 or of a store that speaks its API. Throws Fault store-misconfigured for an impossible configuration. */
export function createS3Store(config: S3Config, agents: Agents): ObjectStore {
  const clients = createClients(config, agents)

  const target = ({ key, bucket }: ObjectKey) => ({ key: checkKey(key), bucket: bucketOf(bucket) })
  const bucketOf = (bucket: string | undefined) => {
    const name = bucket ?? config.bucket
    if (name === undefined || name === '') throw new Fault('store-misconfigured', 'no bucket is named')
    // The SDK would take these for access points and put them into host names.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(name))
      throw new Fault('store-misconfigured', 'the bucket name is not valid')
    return name
  }

  return {
    capabilities: CAPABILITIES,

    async head(object, { signal } = {}) {
      const { bucket, key } = target(object)
      const answer = await faulting(signal, () =>
        clients.run(bucket, signal, (client) =>
          client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), sendOptions(signal)),
        ),
      )
      return headOf(answer, answer.ContentLength)
    },

    async get(object, { range, ifNoneMatch, maxBytes, signal } = {}) {
      const { bucket, key } = target(object)
      const input = {
        Bucket: bucket,
        Key: key,
        ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end ?? ''}` }),
        ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
      }
      try {
        const answer = await clients.run(bucket, signal, (client) =>
          client.send(new GetObjectCommand(input), sendOptions(signal)),
        )
        const stream = answer.Body
        if (!(stream instanceof Readable)) throw new Fault('source-unreachable', 'the answer has no body')
        try {
          checkSize(answer.ContentLength, maxBytes)
        } catch (error) {
          stream.destroy()
          throw error
        }
        const body = watchedBody(stream, {
          size: answer.ContentLength,
          maxBytes,
          signal,
          translate: s3Fault,
          release: () => stream.destroy(),
        })
        return { kind: 'object', head: headOf(answer, totalOf(answer.ContentRange) ?? answer.ContentLength), body }
      } catch (error) {
        const reason = abortReason(signal)
        if (reason !== undefined) throw reason
        if (isFault(error)) throw error
        if (readS3Error(error)?.status === 304) return { kind: 'unchanged' }
        throw s3Fault(error)
      }
    },

    async put(object, body, options = {}) {
      const place = target(object)
      const source = outgoing(body, options)
      try {
        return await faulting(options.signal, () => putObject(clients, place, source.chunks, options), options)
      } catch (error) {
        source.rethrow()
        throw error
      }
    },

    async delete(object) {
      const { bucket, key } = target(object)
      try {
        // `{}`: a write that asks for nothing optional.
        await faulting(
          undefined,
          () =>
            clients.run(bucket, undefined, (client) =>
              client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
            ),
          {},
        )
      } catch (error) {
        if (!isFault(error, 'object-missing')) throw error
      }
    },

    async list(prefix, { limit = PAGE, after, bucket: asked } = {}) {
      const bucket = bucketOf(asked)
      checkPrefix(prefix)
      const entries: ObjectEntry[] = []
      let more = true
      let last = after
      while (more && entries.length < limit) {
        const page = await faulting(undefined, () =>
          clients.run(bucket, undefined, (client) =>
            client.send(
              new ListObjectsV2Command({
                Bucket: bucket,
                Prefix: prefix,
                MaxKeys: Math.min(PAGE, limit - entries.length),
                StartAfter: last,
                // Keys may hold characters that XML cannot.
                EncodingType: 'url',
              }),
            ),
          ),
        )
        const decode = page.EncodingType === 'url' ? decodeListed : (key: string) => key
        for (const { Key, Size, LastModified, ETag } of page.Contents ?? []) {
          if (Key === undefined) continue
          last = decode(Key)
          entries.push({ key: last, size: Size ?? 0, lastModified: LastModified, etag: ETag })
        }
        more = page.IsTruncated === true && (page.Contents ?? []).length > 0
      }
      return { entries, more }
    },

    async presign(object, method, expiresSeconds) {
      const { bucket, key } = target(object)
      checkExpiry(expiresSeconds)
      // A URL signed for another region is refused, and nobody is there to repeat the call.
      if (config.region === undefined) await clients.locate(bucket)
      const input = { Bucket: bucket, Key: key }
      return faulting(undefined, () =>
        clients.run(bucket, undefined, (client) =>
          method === 'GET'
            ? getSignedUrl(client, new GetObjectCommand(input), { expiresIn: expiresSeconds })
            : getSignedUrl(client, new PutObjectCommand(input), { expiresIn: expiresSeconds }),
        ),
      )
    },

    parts: createParts(clients, target, bucketOf),

    // The connections belong to the shared pool.
    close: async () => undefined,
  }
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

function headOf(
  answer: Pick<HeadObjectCommandOutput, 'ETag' | 'LastModified' | 'ContentType' | 'ContentEncoding' | 'Metadata'>,
  size: number | undefined,
): ObjectHead {
  const { ETag: etag, LastModified: lastModified, ContentEncoding: encoding } = answer
  return {
    version: etag ?? (lastModified === undefined ? undefined : `${lastModified.getTime()}-${size ?? ''}`),
    etag,
    size,
    lastModified,
    contentType: answer.ContentType,
    // Signed streaming uploads of other clients leave their framing's name behind.
    contentEncoding: encodingOf(encoding),
    metadata: decodeMetadata(answer.Metadata),
  }
}

function encodingOf(encoding: string | undefined): string | undefined {
  const real = (encoding ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'aws-chunked' && part !== 'identity')
  return real.length === 0 ? undefined : real.join(', ')
}

function totalOf(contentRange: string | undefined): number | undefined {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}

function decodeListed(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return key
  }
}
