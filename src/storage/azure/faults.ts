import { Fault, type FaultCode } from '../../faults.ts'
import type { PutOptions } from '../object-store.ts'

/** What an answer that is no success says. Its message goes no further: it repeats strings that were signed. */
export type Refusal = { readonly status: number; readonly error: string | undefined }

const CODES: Readonly<Record<string, FaultCode>> = {
  BlobNotFound: 'object-missing',
  ContainerNotFound: 'store-misconfigured',
  ContainerBeingDeleted: 'store-misconfigured',
  ContainerDisabled: 'store-misconfigured',
  AccountIsDisabled: 'store-misconfigured',
  // A signature that does not match, in the words of the emulator.
  AuthorizationFailure: 'store-misconfigured',
  AuthenticationFailed: 'store-misconfigured',
  InvalidAuthenticationInfo: 'store-misconfigured',
  KeyBasedAuthenticationNotPermitted: 'store-misconfigured',
  InvalidResourceName: 'key-invalid',
  InvalidTag: 'bad-parameter',
  InvalidTags: 'bad-parameter',
  OutOfRangeInput: 'bad-parameter',
  InvalidUri: 'key-invalid',
  InvalidRange: 'bad-parameter',
  InvalidMetadata: 'bad-parameter',
  EmptyMetadataKey: 'bad-parameter',
  MetadataTooLarge: 'bad-parameter',
  RequestBodyTooLarge: 'too-large',
  // A blob of the archive tier cannot be read before it is brought back.
  BlobArchived: 'access-denied',
  BlobBeingRehydrated: 'access-denied',
  InvalidBlobTier: 'store-refused',
  AccessTierNotSupportedForBlobType: 'store-refused',
}

/**
 * The Fault for an answer of the store. `put` is given for writes: unknown 4xx answers then become store-refused, and a
 * refused tier is named as `context.option`. `context.reason` is the store's own code.
 */
export function azureFault({ status, error }: Refusal, put?: PutOptions): Fault {
  const code = codeOf({ status, error }, put !== undefined)
  const tier =
    code === 'store-refused' && put?.storageClass !== undefined && /Tier|InvalidHeaderValue/.test(error ?? '')
  return new Fault(code, undefined, {
    context: {
      reason: error !== undefined && /^[A-Za-z]{1,64}$/.test(error) ? error : undefined,
      status,
      option: tier ? 'storageClass' : undefined,
    },
  })
}

function codeOf({ status, error }: Refusal, writing: boolean): FaultCode {
  const known = CODES[error ?? '']
  if (known !== undefined) return known
  if (status === 404) return 'object-missing'
  if (status === 401 || status === 403) return 'access-denied'
  if (status === 416) return 'bad-parameter'
  if (status >= 300 && status < 400) return 'store-misconfigured'
  return writing && status < 500 ? 'store-refused' : 'source-refused'
}
