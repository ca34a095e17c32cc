/** URLs of this server among the sources of a request: they are answered without a way around (filestack §1.1). Pure. */
import { isFault } from '../../../faults.ts'
import { ownTarget } from '../own-target.ts'
import { createParameters, type Parameters, queryOf } from '../parameters.ts'
import { type CdnRequest, parseTarget } from './grammar.ts'

const HANDLE = /^[A-Za-z0-9_-]{20}$/
const LINK = /^\/api\/file\/([A-Za-z0-9_-]{20})(?:\+[^/?]*)?\/?(?:\?|$)/

/** The handle of a file link, of either form. */
export function handleOfLink(base: string, url: string): string | undefined {
  const target = ownTarget(base, url)
  if (target === undefined) return undefined
  return LINK.exec(target)?.[1] ?? /^\/([A-Za-z0-9_-]{20})(?:\+[^/?]*)?\/?(?:\?|$)/.exec(target)?.[1]
}

/** The query of a URL. */
export function parametersOfUrl(url: string): Parameters {
  return createParameters(queryOf(url))
}

/** A processing URL of this server, read; nothing for any other URL, that of another dialect too. */
export function requestOfUrl(base: string, url: string, isKey: (text: string) => boolean): CdnRequest | undefined {
  const target = ownTarget(base, url)
  if (target === undefined || handleOfLink(base, url) !== undefined) return undefined
  try {
    const request = parseTarget(target, isKey)
    const { source } = request
    const ours = source.kind === 'handle' ? HANDLE.test(source.handle) : request.apikey !== undefined
    return ours && source.kind !== 'list' && !request.metadata ? request : undefined
  } catch (error) {
    if (isFault(error, 'bad-parameter')) return undefined
    throw error
  }
}
