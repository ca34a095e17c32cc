import { Fault, type FaultCode } from '../../faults.ts'
import type { PutOptions } from '../object-store.ts'
import { connectionFault } from '../transport-faults.ts'

/** What is read out of an error of the SDK. The error itself goes no further: it holds key ids and strings to sign. */
export type S3Error = {
  /** The code of the XML body, or what the SDK made of an answer without body. */
  readonly name: string
  readonly status: number | undefined
  readonly message: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly region: string | undefined
  /** The answer said nothing but its status, as to HEAD. */
  readonly bodiless: boolean
  /** The header that a NotImplemented answer complains about. */
  readonly header: string | undefined
}

/** Reads an error thrown by the SDK; `undefined` when it is none of an answer. */
export function readS3Error(error: unknown): S3Error | undefined {
  if (!(error instanceof Error)) return undefined
  const response = property(error, '$response')
  const metadata = property(error, '$metadata')
  const status = number(property(metadata, 'httpStatusCode')) ?? number(property(response, 'statusCode'))
  const code = string(property(error, 'Code')) ?? string(property(error, 'code'))
  const headers = property(response, 'headers')
  return {
    name: error.name === 'Error' || error.name === 'UnknownError' ? (code ?? error.name) : error.name,
    status,
    message: error.message,
    headers: typeof headers === 'object' && headers !== null ? { ...headers } : {},
    region: string(property(error, 'Region')),
    bodiless: property(error, 'Code') === undefined && property(error, 'RequestId') === undefined,
    header: string(property(error, 'Header')),
  }
}

const CODES: Readonly<Record<string, FaultCode>> = {
  NoSuchKey: 'object-missing',
  NoSuchVersion: 'object-missing',
  NotFound: 'object-missing',
  AccessDenied: 'access-denied',
  Forbidden: 'access-denied',
  AllAccessDisabled: 'access-denied',
  NoSuchBucket: 'store-misconfigured',
  InvalidBucketName: 'store-misconfigured',
  InvalidAccessKeyId: 'store-misconfigured',
  // versitygw's word for it, with status 404
  XAdminUserNotFound: 'store-misconfigured',
  SignatureDoesNotMatch: 'store-misconfigured',
  AuthorizationHeaderMalformed: 'store-misconfigured',
  PermanentRedirect: 'store-misconfigured',
  TemporaryRedirect: 'store-misconfigured',
  IllegalLocationConstraintException: 'store-misconfigured',
  InvalidRegionName: 'store-misconfigured',
  RequestTimeTooSkewed: 'store-misconfigured',
  ExpiredToken: 'store-misconfigured',
  InvalidToken: 'store-misconfigured',
  TokenRefreshRequired: 'store-misconfigured',
  AccountProblem: 'store-misconfigured',
  NotSignedUp: 'store-misconfigured',
  InvalidSecurity: 'store-misconfigured',
  CredentialsProviderError: 'store-misconfigured',
  InvalidRange: 'bad-parameter',
  InvalidTag: 'bad-parameter',
  MetadataTooLarge: 'bad-parameter',
  BadDigest: 'bad-parameter',
  InvalidDigest: 'bad-parameter',
  InvalidPart: 'bad-parameter',
  InvalidPartOrder: 'bad-parameter',
  EntityTooSmall: 'bad-parameter',
  NoSuchUpload: 'not-found',
  KeyTooLongError: 'key-invalid',
  EntityTooLarge: 'too-large',
  AccessControlListNotSupported: 'store-refused',
  InvalidBucketAclWithObjectOwnership: 'store-refused',
  InvalidStorageClass: 'store-refused',
  NotImplemented: 'store-refused',
}

/** Why an optional part of a write was refused; what is not listed carries the store's own code. */
const REASONS: Readonly<Record<string, string>> = {
  AccessControlListNotSupported: 'acl-disabled',
  InvalidBucketAclWithObjectOwnership: 'acl-disabled',
  NotImplemented: 'not-implemented',
}

/**
 * The Fault for whatever the SDK threw. `put` is given for writes: its options tell which of them a refusal means
 * (`context.option`), and unknown 4xx answers become store-refused instead of source-refused. `context.reason` is
 * `acl-disabled`, `not-implemented` or the store's code. No message of the store is repeated: some hold key ids.
 */
export function s3Fault(error: unknown, put?: PutOptions): Fault {
  const broken = connectionFault(error)
  if (broken !== undefined) return broken
  const answer = readS3Error(error)
  if (answer === undefined) return new Fault('source-unreachable')
  const code = codeOf(answer, put !== undefined)
  return new Fault(code, undefined, {
    context: {
      reason: REASONS[answer.name] ?? (/^[A-Za-z]{1,64}$/.test(answer.name) ? answer.name : undefined),
      status: answer.status,
      option: code === 'store-refused' && put !== undefined ? refusedOption(answer, put) : undefined,
    },
  })
}

function codeOf({ name, status, bodiless }: S3Error, writing: boolean): FaultCode {
  const known = CODES[name]
  if (known !== undefined) return known
  // A 404 that names something else than the key: a user, a bucket, an account.
  if (status === 404) return bodiless ? 'object-missing' : 'store-misconfigured'
  if (status === 401 || status === 403) return 'access-denied'
  if (status === 501) return 'store-refused'
  // An answer to HEAD has no body to say more: wrong region, expired token.
  if (status === 301 || status === 307 || (status === 400 && !writing)) return 'store-misconfigured'
  if (status === 416) return 'bad-parameter'
  return writing && status !== undefined && status < 500 ? 'store-refused' : 'source-refused'
}

function refusedOption({ name, header }: S3Error, put: PutOptions): 'acl' | 'storageClass' | 'tags' | undefined {
  if (REASONS[name] === 'acl-disabled') return 'acl'
  if (name === 'InvalidStorageClass') return 'storageClass'
  const named = header?.toLowerCase() ?? ''
  if (named.startsWith('x-amz-acl') || named.startsWith('x-amz-grant')) return 'acl'
  if (named === 'x-amz-storage-class') return 'storageClass'
  if (named === 'x-amz-tagging') return 'tags'
  // Nothing named: certain only when a single optional part was asked for.
  const asked = (['acl', 'storageClass', 'tags'] as const).filter((option) => put[option] !== undefined)
  return asked.length === 1 ? asked[0] : undefined
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
