import { ACCOUNT, BUCKET, CONTAINER, REGION } from '../../catalog/rules.ts'
import { isFault } from '../../faults.ts'
import type { Push, PushOptions } from '../../optimizer/optimizer.ts'
import { putOptions } from '../../optimizer/put-options.ts'
import { checkKey } from '../../storage/keys.ts'
import type { Json } from './body.ts'
import { invalid } from './faults.ts'
import { object, text, texts, wrongType } from './values.ts'

/** Where results of a request are pushed, and how their URLs read. */
export type Store = {
  readonly name: 's3' | 'gcs' | 'azure'
  readonly target: Push['target']
  readonly options: PushOptions
  readonly path: string
  /** URL of an object (kraken §8): the same for private ones, unsigned. */
  readonly url: (key: string) => string
}

export type StoreDefaults = {
  /** Endpoint of `s3_store` when the request names none; absent: Amazon S3. From the operator, hence not guarded. */
  readonly s3Endpoint: string | undefined
}

const STORES = ['s3_store', 'gcs_store', 'azure_store', 'cf_store', 'sl_store'] as const

/** The store of a request: the first of those given (kraken §8). Faults of status 422, among them every store not built here. */
export function readStore(json: Json, defaults: StoreDefaults): Store | undefined {
  for (const name of STORES) {
    const given = object(json, name)
    if (given === undefined) continue
    const store = storeOf(name, given, defaults)
    checkHeaders(store)
    checkPath(store.path)
    return store
  }
  return undefined
}

/** A path or `storage_path` that no store may see is refused before any work. */
export function checkPath(path: string): void {
  const key = path.replace(/^\/+/, '')
  if (key === '') return
  try {
    checkKey(key)
  } catch {
    throw invalid('The path of the store is not acceptable')
  }
}

function checkHeaders({ options: wished }: Store): void {
  try {
    putOptions(wished, '')
  } catch (error) {
    throw isFault(error, 'bad-parameter') ? invalid(error.message) : error
  }
}

function storeOf(name: (typeof STORES)[number], given: Json, defaults: StoreDefaults): Store {
  switch (name) {
    case 's3_store':
      return s3(given, defaults)
    case 'gcs_store':
      return gcs(given)
    case 'azure_store':
      return azure(given)
    default:
      throw invalid(`${name} is not supported by this server`)
  }
}

const DEFAULT_REGION = 'us-east-1'

function s3(store: Json, { s3Endpoint }: StoreDefaults): Store {
  const accessKeyId = needed(store, 's3_store', 'key')
  const secretAccessKey = needed(store, 's3_store', 'secret')
  const bucket = bucketOf(store, 's3_store')
  const region = text(store, 'region') ?? DEFAULT_REGION
  if (!REGION.test(region)) throw invalid('s3_store: region is not a region')
  const asked = endpointOf(store, 's3_store')
  const endpoint = asked ?? s3Endpoint
  return {
    name: 's3',
    target: {
      kind: 'credentials',
      config: {
        provider: 's3',
        bucket,
        region,
        accessKeyId,
        secretAccessKey,
        ...(endpoint !== undefined && { endpoint, forcePathStyle: pathStyle(store) }),
        // A host that the caller names is reached under the network rules; Amazon's and the operator's are not in question.
        guarded: asked !== undefined,
      },
    },
    options: options(store, 's3_store', { values: S3_ACLS, initial: 'public-read' }),
    path: text(store, 'path') ?? '',
    url: urlBelow(`${endpoint ?? amazon(region)}/${bucket}`),
  }
}

/** Amazon's path style; the default region has no name in it (kraken §8.1). */
function amazon(region: string): string {
  return region === DEFAULT_REGION ? 'https://s3.amazonaws.com' : `https://s3.${region}.amazonaws.com`
}

const GOOGLE = 'https://storage.googleapis.com'

/**
 * Google's store through its S3-compatible interface, which takes HMAC keys: as `key` and `secret` of the store or of its
 * `credentials`. A service account cannot sign for it.
 */
function gcs(store: Json): Store {
  const bucket = bucketOf(store, 'gcs_store')
  const credentials = object(store, 'credentials')
  const pair = credentials ?? store
  const accessKeyId = text(pair, 'key')
  const secretAccessKey = text(pair, 'secret')
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw invalid(
      credentials === undefined
        ? 'gcs_store: credentials must be set'
        : 'gcs_store: service accounts are not supported by this server; give the key and secret of an HMAC key as credentials',
    )
  }
  const endpoint = endpointOf(store, 'gcs_store')
  return {
    name: 'gcs',
    target: {
      kind: 'credentials',
      config: {
        provider: 's3',
        bucket,
        region: 'auto',
        accessKeyId,
        secretAccessKey,
        endpoint: endpoint ?? GOOGLE,
        forcePathStyle: true,
        guarded: endpoint !== undefined,
      },
    },
    options: options(store, 'gcs_store', { values: GCS_ACLS, initial: 'private' }),
    path: text(store, 'path') ?? '',
    url: urlBelow(`${endpoint ?? GOOGLE}/${bucket}`),
  }
}

function azure(store: Json): Store {
  const accountName = needed(store, 'azure_store', 'account')
  const accountKey = needed(store, 'azure_store', 'key')
  const container = needed(store, 'azure_store', 'container')
  if (!ACCOUNT.test(accountName)) throw invalid('azure_store: account is not the name of an account')
  if (!CONTAINER.test(container)) throw invalid('azure_store: container is not the name of a container')
  const endpoint = endpointOf(store, 'azure_store')
  return {
    name: 'azure',
    target: {
      kind: 'credentials',
      config: {
        provider: 'azure',
        accountName,
        accountKey,
        container,
        ...(endpoint !== undefined && { endpoint }),
        guarded: endpoint !== undefined,
      },
    },
    options: {
      ...given('headers', texts(store, 'headers')),
      ...given('metadata', texts(store, 'metadata')),
    },
    path: text(store, 'path') ?? '',
    url: urlBelow(`${endpoint ?? `https://${accountName}.blob.core.windows.net`}/${container}`),
  }
}

type Acls = { readonly values: Readonly<Record<string, string>>; readonly initial: string }
const S3_ACLS = { public_read: 'public-read', 'public-read': 'public-read', private: 'private' }
const GCS_ACLS = { publicRead: 'public-read', 'public-read': 'public-read', private: 'private' }
const TAGS = 10

function options(store: Json, name: string, acls: Acls): PushOptions {
  const tags = texts(store, 'tags')
  if (tags !== undefined && Object.keys(tags).length > TAGS) throw invalid(`${name}: at most ${TAGS} tags can be set`)
  return {
    acl: aclOf(store, name, acls),
    ...given('storageClass', text(store, 'storage_class') ?? text(store, 'storageClass')),
    ...given('headers', texts(store, 'headers')),
    ...given('metadata', texts(store, 'metadata')),
    ...given('tags', tags),
  }
}

function aclOf(store: Json, name: string, { values, initial }: Acls): NonNullable<PushOptions['acl']> {
  const written = text(store, 'acl')
  if (written === undefined) return { value: initial, asked: false }
  const value = Object.hasOwn(values, written) ? values[written] : undefined
  if (value === undefined) throw invalid(`${name}: acl must be one of the following: ${Object.keys(values).join(', ')}`)
  return { value, asked: true }
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [N in Name]?: Value })
}

function needed(store: Json, name: string, member: string): string {
  const value = text(store, member)
  if (value === undefined) throw invalid(`${name}: ${member} must be set`)
  return value
}

function bucketOf(store: Json, name: string): string {
  const bucket = needed(store, name, 'bucket')
  if (!BUCKET.test(bucket)) throw invalid(`${name}: bucket is not the name of a bucket`)
  return bucket
}

function endpointOf(store: Json, name: string): string | undefined {
  const written = text(store, 'endpoint')
  if (written === undefined) return undefined
  const url = URL.parse(written)
  const plain = url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (!plain || !/^https?:$/.test(url.protocol)) throw invalid(`${name}: endpoint has to be an http or https URL`)
  return url.href.replace(/\/+$/, '')
}

/** Most S3-compatible stores want the bucket in the path. */
function pathStyle(store: Json): boolean {
  const value = store.forcePathStyle ?? true
  if (typeof value !== 'boolean') throw wrongType('forcePathStyle', 'boolean')
  return value
}

function urlBelow(base: string): (key: string) => string {
  return (key) => `${base}/${key.split('/').map(encodeURIComponent).join('/')}`
}
