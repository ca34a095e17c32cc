import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import { Fault, isFault } from '../../faults.ts'
import type { Agents } from '../agents.ts'
import { checkSize, readAll, watchedBody } from '../body.ts'
import { checkKey, checkPrefix } from '../keys.ts'
import type { Capabilities, ObjectEntry, ObjectHead, ObjectKey, ObjectStore } from '../object-store.ts'
import { outgoing } from '../outgoing.ts'
import { decodeMetadata } from '../s3/metadata.ts'
import { azureFault } from './faults.ts'
import { readPage } from './list.ts'
import { putBlob } from './put.ts'
import { type Answer, type Ask, type AzureConfig, createWire, transportFault } from './request.ts'
import { blobSignature } from './sign.ts'

/** Azure has tiers for storage classes and no rights of single blobs. */
const CAPABILITIES: Omit<Capabilities, 'presign'> = {
  write: true,
  acl: false,
  tags: true,
  storageClass: true,
  metadata: true,
}

const PRESIGN_SECONDS = 604_800
const PAGE = 1000
const LISTING_BYTES = 64 * 1024 * 1024

/**
 * A container of Azure Blob storage, spoken to over its REST API. A signed URL for PUT wants the header `x-ms-blob-type: BlockBlob` from
 * whoever uses it. Throws Fault store-misconfigured for an impossible configuration.
 */
export function createAzureStore(config: AzureConfig, agents: Agents): ObjectStore {
  const wire = createWire(config, agents)
  // Where a listing goes on after a key; Azure takes only markers of its own.
  const markers = new LRUCache<string, string>({ max: 1000 })

  const target = ({ key, bucket }: ObjectKey) => ({ key: checkName(key), container: containerOf(bucket) })
  const containerOf = (bucket: string | undefined) => {
    const name = bucket ?? config.container
    if (name === undefined || name === '') throw new Fault('store-misconfigured', 'no container is named')
    if (!/^(?:\$web|[a-z0-9](?:-?[a-z0-9]){2,62})$/.test(name)) {
      throw new Fault('store-misconfigured', 'the container name is not valid')
    }
    return name
  }
  const ask = async (asked: Ask, writing = false): Promise<Answer> => {
    const sent = await wire.send(asked)
    if ('refusal' in sent) throw azureFault(sent.refusal, writing ? {} : undefined)
    return sent.answer
  }

  return {
    capabilities: { ...CAPABILITIES, presign: wire.account !== undefined },

    async head(object, { signal } = {}) {
      const { headers, body } = await ask({ method: 'HEAD', ...target(object), signal })
      await body.dump()
      return headOf(headers, sizeOf(headers))
    },

    async get(object, { range, ifNoneMatch, maxBytes, signal } = {}) {
      const headers = {
        ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end ?? ''}` }),
        ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
      }
      const answer = await ask({ method: 'GET', ...target(object), headers, signal })
      if (answer.status === 304) {
        await answer.body.dump()
        return { kind: 'unchanged' }
      }
      const size = sizeOf(answer.headers)
      const whole = totalOf(answer.headers) ?? size
      try {
        checkSize(size, maxBytes)
        // The emulator answers such a range with nothing instead of 416.
        if (range !== undefined && whole !== undefined && range.start >= whole) {
          throw new Fault('bad-parameter', 'the range begins beyond the end of the object')
        }
      } catch (error) {
        answer.body.destroy()
        throw error
      }
      const body = watchedBody(answer.body, {
        size,
        maxBytes,
        signal,
        translate: transportFault,
        release: () => answer.body.destroy(),
      })
      return { kind: 'object', head: headOf(answer.headers, whole), body }
    },

    async put(object, body, options = {}) {
      const blob = target(object)
      const source = outgoing(body, options)
      try {
        return await putBlob(wire, blob, source.chunks, options)
      } catch (error) {
        source.rethrow()
        throw error
      }
    },

    async delete(object) {
      const asked: Ask = { method: 'DELETE', ...target(object), headers: { 'x-ms-delete-snapshots': 'include' } }
      try {
        const { body } = await ask(asked, true)
        await body.dump()
      } catch (error) {
        if (!isFault(error, 'object-missing')) throw error
      }
    },

    async list(prefix, { limit = PAGE, after, bucket } = {}) {
      const container = containerOf(bucket)
      checkPrefix(prefix)
      const place = (key: string) => JSON.stringify([container, prefix, key])
      const entries: ObjectEntry[] = []
      let marker = after === undefined ? undefined : markers.get(place(after))
      for (;;) {
        // Without a remembered marker the listing runs from its beginning to the key. Names are in the order of UTF-16.
        const seeking = after !== undefined && marker === undefined
        const wanted = seeking ? PAGE : Math.min(PAGE, limit - entries.length)
        const page = await listPage(container, prefix, wanted, marker)
        for (const entry of page.entries) {
          if (after === undefined || entry.key > after) entries.push(entry)
        }
        marker = page.marker
        const last = page.entries.at(-1)
        if (marker !== undefined && last !== undefined) markers.set(place(last.key), marker)
        if (marker === undefined || entries.length >= limit) {
          return { entries: entries.slice(0, limit), more: marker !== undefined || entries.length > limit }
        }
      }
    },

    async presign(object, method, expiresSeconds) {
      const blob = target(object)
      if (wire.account === undefined) throw new Fault('unsupported', 'signing a URL takes the key of the account')
      if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > PRESIGN_SECONDS) {
        throw new Fault('bad-parameter', `expiry is a whole number of seconds from 1 to ${PRESIGN_SECONDS}`)
      }
      const until = new Date(Date.now() + expiresSeconds * 1000)
      const query = blobSignature(wire.account, blob, method === 'GET' ? 'r' : 'cw', until)
      return `${wire.url(blob.container, blob.key)}?${new URLSearchParams(query).toString()}`
    },

    // The connections belong to the shared pool.
    close: async () => undefined,
  }

  async function listPage(container: string, prefix: string, limit: number, marker: string | undefined) {
    const { body } = await ask({
      method: 'GET',
      container,
      query: {
        restype: 'container',
        comp: 'list',
        maxresults: String(limit),
        ...(prefix === '' ? {} : { prefix }),
        ...(marker === undefined ? {} : { marker }),
      },
    })
    try {
      return readPage((await readAll(body, LISTING_BYTES)).toString())
    } catch (error) {
      throw isFault(error) ? error : transportFault(error)
    }
  }
}

/** Azure takes a backslash for a slash, so two keys would be one blob. Throws Fault key-invalid. */
function checkName(key: string): string {
  if (key.includes('\\')) throw new Fault('key-invalid', 'the name of a blob may not hold a backslash')
  return checkKey(key)
}

function headOf(headers: IncomingHttpHeaders, size: number | undefined): ObjectHead {
  const modified = new Date(headers['last-modified'] ?? '')
  const lastModified = Number.isNaN(modified.getTime()) ? undefined : modified
  const { etag } = headers
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('x-ms-meta-') && typeof value === 'string' ? [[name.slice('x-ms-meta-'.length), value]] : [],
  )
  return {
    version: etag ?? (lastModified === undefined ? undefined : `${lastModified.getTime()}-${size ?? ''}`),
    etag,
    size,
    lastModified,
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
    metadata: decodeMetadata(Object.fromEntries(metadata)),
  }
}

function sizeOf(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

function totalOf(headers: IncomingHttpHeaders): number | undefined {
  const total = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}
