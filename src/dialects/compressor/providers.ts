import type { Connection } from '../../catalog/model.ts'

/** The providers of compressor §6.2; `s3` is every other store that speaks S3. */
export const PROVIDERS = ['aws', 'azure', 'digitalocean', 'backblaze', 'google', 's3'] as const
export type Provider = (typeof PROVIDERS)[number]

export type Rules = {
  readonly region: 'required' | 'optional' | readonly string[]
  /** Lower case. */
  readonly headers: readonly string[]
  readonly acl: boolean
  /** `class` and `tags`. */
  readonly extras: boolean
}

const COMMON = ['cache-control', 'content-type', 'content-encoding', 'content-disposition']
const SIX = [...COMMON, 'content-language', 'expires']

/** What each provider takes (compressor §6.2). */
export const RULES: Readonly<Record<Provider, Rules>> = {
  aws: { region: 'required', headers: SIX, acl: true, extras: true },
  azure: { region: 'optional', headers: [...COMMON, 'content-language'], acl: false, extras: false },
  digitalocean: { region: 'required', headers: COMMON, acl: true, extras: false },
  backblaze: {
    region: ['us-west-000', 'us-west-001', 'us-west-002', 'us-east-005', 'eu-central-003', 'ca-central-001'],
    headers: COMMON,
    acl: true,
    extras: false,
  },
  google: { region: 'optional', headers: SIX, acl: true, extras: true },
  s3: { region: 'optional', headers: SIX, acl: true, extras: true },
}

/** Where objects of a connector lie, without its keys. */
export type Place = {
  readonly provider: Provider
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly accountName: string | undefined
  /** Base of the connector's own bucket. */
  readonly publicBaseUrl: string | undefined
  readonly bucket: string | undefined
}

/** The provider that a connection's endpoint tells. `undefined` for connections that hold no buckets. */
export function placeOf(connection: Connection): Place | undefined {
  const { provider, endpoint, region, accountName, publicBaseUrl } = connection
  const bucket = provider === 'azure' ? connection.container : connection.bucket
  const place = { endpoint, region, accountName, publicBaseUrl, bucket }
  if (provider === 'azure') return { ...place, provider: 'azure' }
  return provider === 's3' ? { ...place, provider: providerOf(endpoint) } : undefined
}

function providerOf(endpoint: string | undefined): Provider {
  const host = endpoint === undefined ? undefined : URL.parse(endpoint)?.hostname
  if (host === undefined || host.endsWith('.amazonaws.com')) return 'aws'
  if (host.endsWith('.digitaloceanspaces.com')) return 'digitalocean'
  if (host.endsWith('.backblazeb2.com')) return 'backblaze'
  return host === 'storage.googleapis.com' ? 'google' : 's3'
}

/** The endpoint of a provider's own service; `undefined` where the SDK knows it, or the caller has to say it. */
export function endpointOf(provider: Provider, region: string | undefined): string | undefined {
  switch (provider) {
    case 'digitalocean':
      return `https://${region}.digitaloceanspaces.com`
    case 'backblaze':
      return `https://s3.${region}.backblazeb2.com`
    case 'google':
      return 'https://storage.googleapis.com'
    default:
      return undefined
  }
}

/** The region inside of a provider's own endpoint, so that no other can be asked for. */
export function regionOf({ provider, endpoint, region }: Place): string | undefined {
  const host = endpoint === undefined ? '' : (URL.parse(endpoint)?.hostname ?? '')
  if (provider === 'digitalocean') return /^([a-z0-9]+)\.digitaloceanspaces\.com$/.exec(host)?.[1]
  if (provider === 'backblaze') return /^s3\.([a-z0-9-]+)\.backblazeb2\.com$/.exec(host)?.[1]
  return region
}

/** The unsigned URL of an object (compressor §6.2, §6.3): also of a private one. */
export function objectUrl(place: Place, bucket: string, region: string | undefined, key: string): string {
  const path = key.split('/').map(encodeURIComponent).join('/')
  const { provider, endpoint, accountName, publicBaseUrl } = place
  if (publicBaseUrl !== undefined && bucket === place.bucket) return `${publicBaseUrl.replace(/\/+$/, '')}/${path}`
  switch (provider) {
    case 'aws':
      return `https://${bucket}.s3.${region}.amazonaws.com/${path}`
    case 'digitalocean':
      return `https://${bucket}.${region}.digitaloceanspaces.com/${path}`
    case 'backblaze':
      return `https://${bucket}.s3.${region}.backblazeb2.com/${path}`
    case 'azure':
      return `${(endpoint ?? `https://${accountName}.blob.core.windows.net`).replace(/\/+$/, '')}/${bucket}/${path}`
    case 'google':
    case 's3':
      return `${(endpoint ?? '').replace(/\/+$/, '')}/${bucket}/${path}`
  }
}
