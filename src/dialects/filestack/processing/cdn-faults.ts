/** Errors in the words of processing URLs (filestack §2.5, §4.1). */
import { isFault, isSourceFailure } from '../../../faults.ts'
import { badUrl, NO_FILE, printable, type Refusal, refusalOf } from '../faults.ts'
import { type PolicyReason, PolicyRefusal } from '../policy.ts'

/** What an error becomes; `application`: the public key of the app, where one is known. */
export function cdnRefusal(error: unknown, application: string | undefined): Refusal {
  if (error instanceof PolicyRefusal) return { status: 403, message: policyText(error.reason, application) }
  if (!isFault(error)) return refusalOf(error)
  const { filestackStatus } = error.context
  if (typeof filestackStatus === 'number') return { status: filestackStatus, message: error.message }
  switch (error.code) {
    case 'bad-parameter':
      return { status: 400, message: error.message }
    case 'unsupported':
      return { status: 501, message: error.message }
    case 'object-missing':
    case 'not-found':
      return NO_FILE
    case 'not-an-image':
      return { status: 400, message: 'the source is not an image of a known format' }
    case 'image-corrupt':
      return { status: 400, message: 'the image is damaged' }
    case 'too-large':
      return { status: 400, message: 'the source, or what it would become, is too large' }
    case 'key-invalid':
      return { status: 400, message: 'the path of the source is not acceptable' }
    default:
      return refusalOf(error)
  }
}

/** A source outside that cannot be had is the caller's mistake, not a store's. */
export function sourceFailure(url: string, error: unknown): unknown {
  const unacceptable = isFault(error, 'address-forbidden') || isFault(error, 'key-invalid')
  return unacceptable || isSourceFailure(error) ? badUrl(url, error) : error
}

function policyText(reason: PolicyReason, application = ''): string {
  const about = `application ${application} policy error:`
  switch (reason.kind) {
    case 'missing': {
      const { signature = '', policy = '' } = reason
      return `${about} proper credentials were not provided: (signature: "${printable(signature)}"; policy "${printable(policy)}")`
    }
    case 'signature':
      return `${about} the signature was not valid`
    case 'encoding':
      return `${about} policy was not properly url-safe base64 encoded`
    case 'expired':
      return `${about} the policy has expired`
    case 'content':
      return `${about} the policy${reason.member === undefined ? '' : `'s ${reason.member}`} ${reason.problem}`
    case 'mismatch':
      return reason.member === 'path' || reason.member === 'container'
        ? `invalid security policy ${reason.member}`
        : `${about} the policy's ${reason.member} ${reason.problem}`
  }
}
