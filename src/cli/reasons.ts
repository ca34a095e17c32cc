import type { Fault } from '../faults.ts'

/** What stores and connections call their refusals, in words that say what to mend. */
const REASONS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'the bucket does not exist',
  InvalidBucketName: 'no bucket can have this name',
  InvalidAccessKeyId: 'the store does not know this access key id',
  XAdminUserNotFound: 'the store does not know this access key id',
  SignatureDoesNotMatch: 'the secret access key is not that of this access key id',
  AuthorizationHeaderMalformed: 'the region is wrong',
  PermanentRedirect: 'the region or the endpoint is wrong',
  IllegalLocationConstraintException: 'the region is wrong',
  InvalidRegionName: 'the region is wrong',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  ExpiredToken: 'the credentials have expired',
  InvalidToken: 'the session token is not valid',
  CredentialsProviderError: 'this machine has no role and no credentials of its own: name some with --access-key-id',
  ECONNREFUSED: 'nothing listens at this address',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be resolved now',
  EHOSTUNREACH: 'no way leads to this address',
  ENETUNREACH: 'no way leads to this address',
  EPROTO: 'the address does not speak TLS: is it http instead of https?',
}

/** One clear clause about a Fault of a store, for the operator: what to mend where the store says it. */
export function reasonOf({ message, context }: Fault): string {
  const { reason } = context
  if (typeof reason !== 'string') return message
  return REASONS[reason] ?? `${message} (${reason})`
}
