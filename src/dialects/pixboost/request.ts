import type { Directory, PixboostSettings } from '../../catalog/model.ts'
import type { Delivery } from '../../delivery/delivery.ts'
import { callerOf } from './account.ts'
import { compileDelivery } from './compile.ts'
import { badUrl, DOT_SEGMENT, HOST_REFUSED, NO_ROUTE, NO_SOURCE, type Refusal, UNAUTHORISED, varyOf } from './faults.ts'
import { type Operation, parseAddress, parsePicture } from './grammar.ts'
import type { Senses } from './negotiation.ts'
import { BadParameter, readParameters, readSize } from './parameters.ts'
import { type Resolved, resolveSource } from './source.ts'

/** What a GET means, decided without I/O. */
export type Reading =
  | {
      readonly kind: 'picture'
      readonly delivery: Delivery
      readonly operation: Operation
      readonly settings: PixboostSettings
      readonly vary: string | undefined
    }
  /** The empty picture of `save-data=hide`. */
  | { readonly kind: 'hidden'; readonly vary: string | undefined }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * Compiles a raw target, or says what is wrong with it, in the order of pixboost §11: route, 401, `size`, source, `dppx`,
 * `save-data`, `trim-border`, hide. Depends on nothing but its arguments and the directory's generation.
 */
export function readPicture(
  target: string,
  senses: Senses,
  directory: Directory,
  engineProject: string | undefined,
): Reading {
  const address = parseAddress(target)
  const picture = address && parsePicture(address)
  if (picture === undefined) return refused(NO_ROUTE)
  const { form, source, operation, query } = picture

  const caller = callerOf(form, query, directory, engineProject)
  if (caller === undefined) return refused(form === 'api' ? UNAUTHORISED : NO_ROUTE)
  const { project, account } = caller
  const settings = project.settings.pixboost
  const vary = varyOf(operation, settings)
  const resolved = resolveSource(source, account, senses.scheme)
  if (resolved.kind === 'host-refused') return refused(HOST_REFUSED)

  try {
    const size = readSize(operation, query)
    if (resolved.kind !== 'source') return refused(sourceRefusal(resolved, vary))
    const saving = { saveData: settings.saveData, header: senses.saveData }
    const parameters = readParameters(operation, query, size, saving)
    if (parameters.hide) return { kind: 'hidden', vary }
    const delivery = compileDelivery(project.id, operation, resolved, parameters, senses)
    return { kind: 'picture', delivery, operation, settings, vary }
  } catch (error) {
    if (error instanceof BadParameter) return refused({ status: 400, text: error.message })
    throw error
  }
}

/** Why a text is no source. `vary` of the operation that asks, if any. */
export function sourceRefusal(
  resolved: Exclude<Resolved, { readonly kind: 'source' }>,
  vary: string | undefined,
): Refusal {
  switch (resolved.kind) {
    case 'empty':
      return NO_SOURCE
    case 'unknown':
      return NO_ROUTE
    case 'host-refused':
      return HOST_REFUSED
    case 'dot-segment':
      return DOT_SEGMENT
    case 'bad-url':
      return badUrl(vary)
  }
}

function refused(refusal: Refusal): Reading {
  return { kind: 'refused', refusal }
}
