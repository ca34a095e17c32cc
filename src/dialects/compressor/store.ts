import type { Project } from '../../catalog/model.ts'
import type { Push, PushOptions, PushTarget, Stored } from '../../optimizer/optimizer.ts'
import { type Fields, flagAt, objectAt, requiredText, textAt, textsAt, wordAt, wrong } from './fields.ts'
import { endpointOf, objectUrl, type Place, PROVIDERS, placeOf, RULES, type Rules, regionOf } from './providers.ts'

/** Where the result goes, and the URL that is answered for it. */
export type StoreWish = { readonly push: Push; readonly url: (stored: Stored) => string }

/** Canned ACLs of S3. */
const ACLS = [
  'public-read',
  'private',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
] as const

const CLASSES = {
  standard: 'STANDARD',
  'reduced-redundancy': 'REDUCED_REDUNDANCY',
  'standard-ia': 'STANDARD_IA',
  'onezone-ia': 'ONEZONE_IA',
  'intelligent-tiering': 'INTELLIGENT_TIERING',
  glacier: 'GLACIER',
  'deep-archive': 'DEEP_ARCHIVE',
} as const
const CLASS_NAMES = [
  'standard',
  'reduced-redundancy',
  'standard-ia',
  'onezone-ia',
  'intelligent-tiering',
  'glacier',
  'deep-archive',
] as const
const TAGS = 10

/**
 * Reads `store` of a request (compressor §6): a connector of the project by its alias or id, or, as an extension, the
 * caller's own keys with the names that §6.3 gives them. Throws Fault bad-parameter naming the key.
 */
export function readStore(request: Fields, project: Project): StoreWish | undefined {
  if (!Object.hasOwn(request.values, 'store')) return undefined
  const fields = objectAt(request, 'store')
  const bucket = textAt(fields, 'bucket') || textAt(fields, 'container') || wrong('store.bucket is required')
  const { place, target } =
    textAt(fields, 'id') === undefined && hasKeys(fields)
      ? inline(fields, bucket)
      : connector(requiredText(fields, 'id'), bucket, project)
  const rules = RULES[place.provider]
  const region = readRegion(fields, place, rules)
  const push: Push = { kind: 'push', target, key: readPath(fields), options: readOptions(fields, rules) }
  return { push, url: ({ key }) => objectUrl(place, bucket, region, key) }
}

type Aim = { readonly place: Place; readonly target: PushTarget }

function connector(id: string, bucket: string, project: Project): Aim {
  const connection =
    project.connections.find((one) => one.alias === id) ?? project.connections.find((one) => one.id === id)
  if (connection === undefined) return wrong('store.id is not a connector of this account')
  const place = placeOf(connection)
  if (place === undefined) return wrong('store.id must be a connector of a bucket')
  if (!connection.write) return wrong('store.id is a connector that may not be written to')
  const own = bucket === place.bucket
  if (!own && connection.buckets.length > 0 && !connection.buckets.includes(bucket)) {
    return wrong('store.bucket is not among the buckets of the connector')
  }
  return { place, target: { kind: 'connection', alias: connection.alias, ...(own ? {} : { bucket }) } }
}

function hasKeys({ values }: Fields): boolean {
  return Object.hasOwn(values, 'key') || Object.hasOwn(values, 'accountName')
}

/** The fields of a connector in the request itself. Its endpoint is a caller's, so the network guard watches it. */
function inline(fields: Fields, bucket: string): Aim {
  const azure = Object.hasOwn(fields.values, 'accountName')
  const provider = wordAt(fields, 'provider', PROVIDERS) ?? (azure ? 'azure' : 'aws')
  const region = textAt(fields, 'region') || undefined
  const asked = textAt(fields, 'endpoint') || undefined
  if (asked !== undefined && !isHttp(asked)) wrong('store.endpoint must be an http or https URL')
  const place = (endpoint: string | undefined, accountName?: string): Place => ({
    provider,
    endpoint,
    region: undefined,
    accountName,
    publicBaseUrl: textAt(fields, 'publicBaseUrl') || undefined,
    bucket,
  })
  if (provider === 'azure') {
    const accountName = requiredText(fields, 'accountName')
    const accountKey = requiredText(fields, 'accountKey')
    const endpoint = asked === undefined ? {} : { endpoint: asked }
    const config = { provider, accountName, accountKey, container: bucket, guarded: true, ...endpoint } as const
    return { place: place(asked, accountName), target: { kind: 'credentials', config } }
  }
  // A region goes into a host name below.
  if (region !== undefined && !/^[a-z0-9-]{1,40}$/.test(region)) wrong('store.region is not a region')
  const endpoint = asked ?? endpointOf(provider, region)
  if (provider === 's3' && endpoint === undefined) wrong('store.endpoint is required')
  const forcePathStyle = flagAt(fields, 'forcePathStyle')
  const sessionToken = textAt(fields, 'sessionToken')
  const config = {
    provider: 's3',
    bucket,
    accessKeyId: requiredText(fields, 'key'),
    secretAccessKey: requiredText(fields, 'secret'),
    guarded: true,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(forcePathStyle !== undefined && { forcePathStyle }),
    ...(sessionToken !== undefined && { sessionToken }),
  } as const
  // With an endpoint of the caller's the object is there, whatever the provider's pattern says (§6.3).
  const shown = place(endpoint)
  return {
    place: asked === undefined ? shown : { ...shown, provider: provider === 'aws' ? 's3' : provider },
    target: { kind: 'credentials', config },
  }
}

function readRegion(fields: Fields, place: Place, { region: rule }: Rules): string | undefined {
  const region = textAt(fields, 'region') || undefined
  if (rule === 'optional') return region
  if (region === undefined) return wrong('store.region is required')
  if (!/^[a-z0-9-]{1,40}$/.test(region)) wrong('store.region is not a region')
  if (rule !== 'required' && !rule.includes(region)) wrong(`store.region must be one of: ${rule.join(', ')}`)
  const own = place.provider === 'aws' ? undefined : regionOf(place)
  if (own !== undefined && own !== region) wrong(`store.region must be ${own}, the region of the connector`)
  return region
}

/** The object key; a slash in front goes, a folder gets the file's name from the optimizer. */
function readPath(fields: Fields): string {
  const path = (textAt(fields, 'path') ?? '').replace(/^\/+/, '')
  const bad =
    path.includes('\0') || Buffer.byteLength(path) > 1024 || path.split('/').some((one) => /^\.{1,2}$/.test(one))
  return bad || !path.isWellFormed() ? wrong('store.path is not an acceptable object key') : path
}

function readOptions(fields: Fields, rules: Rules): PushOptions {
  const acl = wordAt(fields, 'acl', ACLS)
  const wished = textsAt(fields, 'headers') ?? {}
  // Only the listed ones are set; others are ignored (§6.1).
  const headers = Object.fromEntries(
    Object.entries(wished).filter(([name]) => rules.headers.includes(name.trim().toLowerCase())),
  )
  const metadata = textsAt(fields, 'metadata')
  const options = {
    headers,
    ...(rules.acl && { acl: { value: acl ?? 'public-read', asked: acl !== undefined } }),
    ...(metadata !== undefined && { metadata }),
  }
  if (!rules.extras) return options
  const storageClass = wordAt(fields, 'class', CLASS_NAMES)
  const tags = textsAt(fields, 'tags')
  if (tags !== undefined && Object.keys(tags).length > TAGS) wrong(`store.tags must have at most ${TAGS} entries`)
  return {
    ...options,
    ...(storageClass !== undefined && { storageClass: CLASSES[storageClass] }),
    ...(tags !== undefined && { tags }),
  }
}

function isHttp(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
}
