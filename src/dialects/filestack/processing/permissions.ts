/** Which calls a request needs, and of which sources (filestack §2.3). Pure. */
import type { Asked, Call, Credentials } from '../authority.ts'
import type { Chain } from './chain.ts'
import type { Located } from './locate.ts'

export type Permission = { readonly credentials: Credentials; readonly asked: Asked }

/**
 * What must be allowed of the sources: any processing is `convert`, the untouched bytes are `read`, metadata `stat`. A bare `store` of
 * something outside needs no more than `store`; a stored file must be readable in one way or the other, or a copy would tell what
 * the file does not.
 */
export function callsFor(chain: Chain, source: Located['kind']): Pick<Asked, 'calls' | 'anyOf'> {
  const converts = chain.images.length > 0 || chain.zip || chain.imagesize
  const stores: readonly Call[] = chain.store === undefined ? [] : ['store']
  if (converts) return { calls: ['convert', ...stores] }
  if (chain.store !== undefined)
    return source === 'file' ? { calls: stores, anyOf: ['read', 'convert'] } : { calls: stores }
  return { calls: [chain.metadata === undefined ? 'read' : 'stat'] }
}

/** Which source a permission is about. A policy for one file does not open what lies behind a storage alias. */
export function subjectOf(located: Located): Pick<Asked, 'handle' | 'url'> {
  switch (located.kind) {
    case 'file':
      return { handle: located.file.handle }
    case 'object':
      return { handle: located.url, url: located.url }
    case 'web':
      return { url: located.url }
  }
}
