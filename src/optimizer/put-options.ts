import { Fault } from '../faults.ts'
import type { PutOptions } from '../storage/object-store.ts'
import type { PushOptions } from './optimizer.ts'

/** What a caller wants of the object, as the store is told. Throws Fault bad-parameter naming the header that cannot be set. */
export function putOptions(wish: PushOptions, contentType: string): PutOptions {
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(wish.metadata ?? {})) metadata[name.replace(META, '')] = value
  const options: { -readonly [Name in keyof PutOptions]: PutOptions[Name] } = { contentType }
  if (wish.acl !== undefined) options.acl = wish.acl.value
  if (wish.storageClass !== undefined) options.storageClass = wish.storageClass
  if (wish.tags !== undefined && Object.keys(wish.tags).length > 0) options.tags = wish.tags
  for (const [header, value] of Object.entries(wish.headers ?? {})) {
    const name = header.trim().toLowerCase()
    if (META.test(name)) metadata[header.trim().replace(META, '')] = value
    else if (name === 'content-type') options.contentType = value
    else if (name === 'content-encoding') options.contentEncoding = value
    else if (name === 'content-language') options.contentLanguage = value
    else if (name === 'content-disposition') options.contentDisposition = value
    else if (name === 'cache-control') options.cacheControl = value
    else if (name === 'expires') options.expires = dateOf(value)
    else if (name === 'x-amz-storage-class') options.storageClass = value
    else throw bad(`the header ${header.slice(0, 60)} cannot be set on an object`, header)
  }
  if (Object.keys(metadata).length > 0) options.metadata = metadata
  return options
}

const META = /^x-amz-meta-/i

function dateOf(value: string): Date {
  const date = new Date(value)
  if (Number.isNaN(date.getTime())) throw bad('the header Expires has to be a date', 'Expires')
  return date
}

function bad(message: string, header: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter: 'headers', header: header.slice(0, 60) } })
}
