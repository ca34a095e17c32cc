/**
 * The one table of things that can go wrong. Parts throw a `Fault` with a code of this table; each dialect translates the
 * code into its own status, wording and headers. No wording of any dialect stands here, and no message holds a secret.
 */
export const FAULTS = {
  'object-missing': 'the object does not exist in the store',
  'access-denied': 'the store refuses access to the object',
  'store-misconfigured': 'the store refuses the credentials, the region or the bucket',
  'source-unreachable': 'no connection to the source, or it broke off',
  'source-refused': 'the source answered with an unexpected status',
  'source-timeout': 'the source did not answer in time',
  'address-forbidden': 'the address is outside of what callers may reach',
  'key-invalid': 'the object key is not acceptable',
  'not-an-image': 'the bytes are not a picture of a known format',
  'image-corrupt': 'the picture is damaged or cut off',
  'too-large': 'the source, the picture or the result is above a limit',
  'bad-parameter': 'a parameter of the request cannot be used',
  unsupported: 'the request is understood but not built here',
  unauthorised: 'credentials are missing or wrong',
  private: 'the picture is private and the request may not see it',
  'not-found': 'no such route, project, connection or record',
  'store-refused': 'the store refuses to write',
  'read-only': 'the connection is not writable',
  conflict: 'the thing exists already or changed meanwhile',
  'limit-reached': 'a number of things or calls per time is used up',
  overloaded: 'too much work is waiting',
  'timed-out': 'the work took longer than allowed',
  'disk-full': 'no space is left for data or cache',
} as const

export type FaultCode = keyof typeof FAULTS

/** Extra facts for the dialect and the log. Never put a secret, a signed URL or a bucket's credentials here. */
export type FaultContext = Readonly<Record<string, string | number | boolean | undefined>>

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly context: FaultContext

  constructor(
    code: FaultCode,
    message?: string,
    options: { readonly context?: FaultContext; readonly cause?: unknown } = {},
  ) {
    super(message ?? FAULTS[code], options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.context = options.context ?? {}
  }
}

/** Whether `error` is a Fault, of the given code when one is named. */
export function isFault(error: unknown, code?: FaultCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code)
}

const SOURCE_FAILURES: ReadonlySet<FaultCode> = new Set([
  'object-missing',
  'access-denied',
  'store-misconfigured',
  'source-unreachable',
  'source-refused',
  'source-timeout',
])

/** Whether `error` is the Fault of a source that cannot be had; another one may be tried. */
export function isSourceFailure(error: unknown): error is Fault {
  return error instanceof Fault && SOURCE_FAILURES.has(error.code)
}

/** What the system calls an error, `ENOENT` and the like. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether a write failed because the disk, or the share of it that may be used, is full. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')
}

/**
 * The program cannot begin its work, for a reason that its operator can mend: the message is one sentence that says what to
 * do, and is shown without a stack.
 */
export class CannotStart extends Error {
  override readonly name = 'CannotStart'
}
