/** Tasks that say how a request is answered rather than what becomes of the picture (filestack §4.2). */
import { anything, flag, integer, reference, text, word } from './kinds.ts'
import type { Options } from './options.ts'

/** A year, the longest that answers may be kept. */
export const MOST_CACHE_SECONDS = 31_536_000
const seconds = integer(1, MOST_CACHE_SECONDS)

export const CONTROL_TASKS = {
  security: (o: Options) =>
    ({
      task: 'security',
      policy: o.required('policy p', text),
      signature: o.required('signature s', text),
    }) as const,
  cache(o: Options) {
    const never = o.bare(word('false', 'f')) !== undefined || o.optional('false f', flag) === true
    const expiry = o.optional('expiry e', {
      expects: `${seconds.expects}, or max`,
      read: (value) => (value === 'max' ? MOST_CACHE_SECONDS : seconds.read(value)),
    })
    return { task: 'cache', seconds: never ? 'no' : expiry } as const
  },
  store(o: Options) {
    o.optional('workflows', anything)
    o.optional('upload_tags', anything)
    return {
      task: 'store',
      filename: o.optional('filename f', text),
      location: o.optional('location l', text),
      path: o.optional('path p', text),
      container: o.optional('container c', text),
      region: o.optional('region r', text),
      access: o.optional('access a', word('public', 'private')),
      base64decode: o.optional('base64decode b', flag),
    } as const
  },
  debug: () => ({ task: 'debug' }) as const,
  fallback(o: Options) {
    const handle = o.optional('handle h', reference)
    const file = o.optional('file f', reference)
    o.someOf('handle h', 'file f')
    return { task: 'fallback', file: handle ?? file, seconds: o.optional('cache c', seconds) } as const
  },
  metadata: (o: Options) => ({ task: 'metadata', flags: o.flags() }) as const,
  imagesize: () => ({ task: 'imagesize' }) as const,
  zip: () => ({ task: 'zip' }) as const,
}

export type ControlTask = ReturnType<(typeof CONTROL_TASKS)[keyof typeof CONTROL_TASKS]>
export type ControlNamed<N extends ControlTask['task']> = Extract<ControlTask, { readonly task: N }>
