/** What callers hand in to make keys and connections, and the rules it must follow. */
import { Fault } from '../faults.ts'
import type { Connection, DialectName } from './model.ts'
import {
  ACCOUNT,
  CONTAINER,
  DIALECTS,
  isAlias,
  isAllowedHost,
  isBucket,
  isPlainUrl,
  isPrefix,
  isPublicKey,
  REGION,
  SECRET,
  trimPrefix,
  trimUrl,
} from './rules.ts'

export type KeyInput = {
  readonly label?: string
  /** Generated in the Pixboost shape when left out. */
  readonly publicKey?: string
  /** Generated when left out. */
  readonly secret?: string
  readonly allowedHosts?: readonly string[]
  readonly dialects?: readonly DialectName[]
}

/** A connection as it is made; secrets go in here and nowhere out but through `openSecrets`. */
export type ConnectionInput = {
  readonly alias: string
  readonly provider: Connection['provider']
} & ConnectionOptions

export type ConnectionOptions = {
  readonly name?: string
  readonly read?: boolean
  readonly write?: boolean
  readonly prefix?: string
  readonly bucket?: string
  readonly buckets?: readonly string[]
  readonly region?: string
  readonly endpoint?: string
  readonly forcePathStyle?: boolean
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly path?: string
  readonly baseUrl?: string
  readonly accountName?: string
  readonly accountKey?: string
  readonly container?: string
  readonly encodeKeys?: boolean
  readonly canonicalBaseUrl?: string
  readonly publicBaseUrl?: string
}

/** What may be changed afterwards: alias and provider stay (pixboost §12). `null` clears; what is left out stays. */
export type ConnectionChange = { readonly [Option in keyof ConnectionOptions]: ConnectionOptions[Option] | null }

/** Which options belong to which provider, beside those that all have. */
const OPTIONS: Readonly<Record<Connection['provider'], readonly (keyof ConnectionOptions)[]>> = {
  s3: ['bucket', 'buckets', 'region', 'endpoint', 'forcePathStyle', 'accessKeyId', 'secretAccessKey'],
  folder: ['path', 'buckets'],
  web: ['baseUrl'],
  azure: ['accountName', 'accountKey', 'container', 'buckets', 'endpoint'],
}
const SPECIFIC = new Set(Object.values(OPTIONS).flat())

/**
 * The connection in its one spelling (prefix and URLs trimmed), or Fault bad-parameter whose context names the field.
 * `operator`: made from the file or the command line. Others may use neither the machine's own role nor its folders.
 */
export function checkConnection(input: ConnectionInput, operator: boolean): ConnectionInput {
  const { provider } = input
  must(isAlias(input.alias), 'alias', 'expected letters, digits, "-" and "_", at most 64, and not the word "warmup"')
  for (const option of SPECIFIC) {
    const misplaced = input[option] !== undefined && !OPTIONS[provider].includes(option)
    must(!misplaced, option, `${provider} connections have no ${option}`)
  }
  checkTexts(input)
  switch (provider) {
    case 's3': {
      const whole = (input.accessKeyId === undefined) === (input.secretAccessKey === undefined)
      must(whole, 'secretAccessKey', 'accessKeyId and secretAccessKey belong together')
      must(
        operator || input.accessKeyId !== undefined,
        'accessKeyId',
        "only the operator may use the machine's own role",
      )
      break
    }
    case 'folder':
      must(input.path !== undefined && /^[^\0]+$/.test(input.path), 'path', 'expected the path of a folder')
      must(operator, 'provider', 'only the operator may use a folder of the machine')
      break
    case 'web':
      must(input.baseUrl !== undefined, 'baseUrl', 'expected the URL under which the originals lie')
      must(input.write !== true, 'write', 'a web server cannot be written to')
      break
    case 'azure':
      must(
        input.accountName !== undefined && ACCOUNT.test(input.accountName),
        'accountName',
        'expected an account name',
      )
      must(operator || input.accountKey !== undefined, 'accountKey', "only the operator may use the machine's own role")
      break
  }
  return spelled(input)
}

function checkTexts(input: ConnectionInput): void {
  const buckets = [input.bucket, ...(input.provider === 's3' ? (input.buckets ?? []) : [])]
  const containers = [input.container, ...(input.provider === 'azure' ? (input.buckets ?? []) : [])]
  must(
    buckets.every((name) => name === undefined || isBucket(name)),
    'bucket',
    'expected a bucket name',
  )
  must(
    containers.every((name) => name === undefined || CONTAINER.test(name)),
    'container',
    'expected a container name',
  )
  must(input.region === undefined || REGION.test(input.region), 'region', 'expected a region id such as us-east-1')
  must(input.prefix === undefined || isPrefix(input.prefix), 'prefix', 'expected a folder without "." or ".." segments')
  for (const field of ['endpoint', 'baseUrl', 'canonicalBaseUrl', 'publicBaseUrl'] as const) {
    const url = input[field]
    must(url === undefined || isPlainUrl(url), field, 'expected an absolute http:// or https:// URL without query')
  }
  for (const field of ['accessKeyId', 'secretAccessKey', 'accountKey'] as const) {
    const text = input[field]
    must(text === undefined || /^\S{1,512}$/.test(text), field, 'expected a text without blanks')
  }
}

function spelled(input: ConnectionInput): ConnectionInput {
  const url = (text: string | undefined) => (text === undefined ? undefined : trimUrl(text))
  return {
    ...input,
    prefix: trimPrefix(input.prefix ?? ''),
    endpoint: url(input.endpoint),
    baseUrl: url(input.baseUrl),
    canonicalBaseUrl: url(input.canonicalBaseUrl),
    publicBaseUrl: url(input.publicBaseUrl),
  }
}

/** The key with hosts in lower case, or Fault bad-parameter whose context names the field. */
export function checkKey(input: KeyInput): KeyInput {
  const { publicKey, secret, allowedHosts = [], dialects = [] } = input
  must(
    publicKey === undefined || isPublicKey(publicKey),
    'publicKey',
    'expected letters, digits and "_ . ~ = + -", at most 128, and no word that begins a path here',
  )
  must(
    secret === undefined || SECRET.test(secret),
    'secret',
    'expected 8 to 256 printable ASCII characters without blanks',
  )
  must(allowedHosts.every(isAllowedHost), 'allowedHosts', 'expected hosts such as i.example.com, or .example.org')
  must(
    dialects.every((name) => DIALECTS.includes(name)),
    'dialects',
    `expected words of ${DIALECTS.join(', ')}`,
  )
  return { ...input, allowedHosts: allowedHosts.map((host) => host.toLowerCase()) }
}

function must(right: boolean, field: string, expected: string): void {
  if (!right) throw new Fault('bad-parameter', `${field}: ${expected}`, { context: { field } })
}
