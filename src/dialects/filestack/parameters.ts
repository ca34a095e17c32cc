/** Parameters of a request, wherever they stand: query, form or JSON body (filestack §0.3, §0.4, §1.1). */
import type { Exchange } from '../../http/exchange.ts'
import type { Credentials } from './authority.ts'
import { badParameter } from './faults.ts'

/** Names that nobody knows are never looked at. Empty values count as absent. */
export type Parameters = {
  /** The first of these names that is there. */
  text(...names: readonly string[]): string | undefined
  /** `true` or `false`, whatever the case. Fault with status 400 for anything else. */
  flag(name: string): boolean | undefined
  /** Every name that is there, for parameters that must all be known. */
  names(): readonly string[]
}

export type Entries = readonly (readonly [name: string, value: string])[]

/** The query counts more than the body, the first of equal names more than the later ones. */
export function createParameters(query: Entries, body: Entries = []): Parameters {
  const values = new Map<string, string>()
  for (const [name, value] of [...query, ...body]) if (value !== '' && !values.has(name)) values.set(name, value)

  return {
    text(...names) {
      for (const name of names) {
        const value = values.get(name)
        if (value !== undefined) return value
      }
      return undefined
    },
    flag(name) {
      const value = values.get(name)?.toLowerCase()
      if (value === undefined) return undefined
      if (value !== 'true' && value !== 'false') throw badParameter(name, 'expected true or false')
      return value === 'true'
    },
    names: () => [...values.keys()],
  }
}

/** The query of a raw target, decoded once; broken escapes stay as they are. */
export function queryOf(target: string): Entries {
  const mark = target.indexOf('?')
  // The target has one character per byte; what is beyond ASCII is meant as UTF-8.
  const text = mark === -1 ? '' : Buffer.from(target.slice(mark + 1), 'latin1').toString('utf8')
  return [...new URLSearchParams(text)]
}

/** The raw path of a target. */
export function pathOf(target: string): string {
  const mark = target.indexOf('?')
  return mark === -1 ? target : target.slice(0, mark)
}

/** The members of a JSON object that can be parameters. */
export function entriesOf(json: object): Entries {
  return Object.entries(json).flatMap(([name, value]) => {
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return plain ? [[name, String(value)] as const] : []
  })
}

/** The pair of the parameters and the Basic credentials of the request. */
export function credentialsOf({ req }: Exchange, parameters: Parameters): Credentials {
  const policy = parameters.text('policy')
  const signature = parameters.text('signature')
  const basic = basicOf(req.headers.authorization)
  return {
    ...(policy !== undefined && { policy }),
    ...(signature !== undefined && { signature }),
    ...(basic !== undefined && { basic }),
  }
}

function basicOf(header: string | undefined): Credentials['basic'] {
  const encoded = /^\s*basic\s+([A-Za-z0-9+/_-]+={0,2})\s*$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
