/** Addresses that parts are sent to on this server: signed, for one slice, for a while. */
import { createHmac } from 'node:crypto'
import type { Slice, UploadSession } from '../../uploads/sessions.ts'
import { createParameters, queryOf } from './parameters.ts'
import { equals } from './policy.ts'

const PATH = /^\/multipart\/part\/([0-9a-f]{32})\/(\d{1,5})\/?(?:\?|$)/

/** The target below the public address. @param expires seconds since the epoch */
export function addressOf({ id, secret }: UploadSession, slice: Slice, expires: number): string {
  const { part, size, start, md5 } = slice
  const query = new URLSearchParams({
    size: String(size),
    ...(start !== undefined && { offset: String(start) }),
    ...(md5 !== undefined && { md5 }),
    expires: String(expires),
    token: tokenOf(secret, slice, expires),
  })
  return `/multipart/part/${id}/${part}?${query}`
}

/** What a target says that it is for; nothing of it is believed before `isSigned`. */
export type Address = { readonly id: string; readonly slice: Slice; readonly expires: number; readonly token: string }

/** Undefined for what was never handed out. */
export function readAddress(target: string): Address | undefined {
  const [, id, part] = PATH.exec(target) ?? []
  if (id === undefined || part === undefined) return undefined
  const query = createParameters(queryOf(target))
  const count = (name: string) => {
    const text = query.text(name)
    return text === undefined || !/^\d{1,16}$/.test(text) ? undefined : Number(text)
  }
  const [size, start, expires] = [count('size'), count('offset'), count('expires')]
  const md5 = query.text('md5')
  if (size === undefined || expires === undefined) return undefined
  const slice = { part: Number(part), size, ...(start !== undefined && { start }), ...(md5 !== undefined && { md5 }) }
  return { id, slice, expires, token: query.text('token') ?? '' }
}

export function isSigned({ secret }: UploadSession, { slice, expires, token }: Address): boolean {
  return equals(tokenOf(secret, slice, expires), token)
}

function tokenOf(secret: string, { part, size, start, md5 }: Slice, expires: number): string {
  const text = [part, start ?? '', size, md5 ?? '', expires].join('\n')
  return createHmac('sha256', secret).update(text).digest('base64url')
}
