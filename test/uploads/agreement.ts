import { createHash } from 'node:crypto'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { collect, type Records } from './house.ts'

export type Kept = { readonly handle: string }

/** What lies in the store and in the database below a prefix (all of it when that is empty), and where the two contradict each other. */
export async function agreement(store: ObjectStore, { rows }: Pick<Records, 'rows'>, prefix: string) {
  const problems: string[] = []
  const contents: string[] = []
  const below = prefix === '' ? '' : `${prefix}/`
  const kept = (await rows()).filter(({ object_key: key }) => key.startsWith(below))
  const { entries, more } = await store.list(below, { limit: 10_000 })
  if (more) throw new Error('too many objects to compare')
  for (const { key } of entries) {
    const answer = await store.get({ key })
    if (answer.kind === 'unchanged') throw new Error('no content')
    const bytes = await collect(answer.body)
    const content = String(bytes)
    contents.push(content)
    const mine = kept.filter((row) => row.object_key === key)
    if (mine.length === 0 && content !== 'somebody else’s') problems.push(`no record of ${key}`)
    for (const { handle, size, version, digests } of mine) {
      const about = `${handle} at ${key}`
      if (Number(size) !== bytes.length) problems.push(`${about}: ${size} bytes recorded, ${bytes.length} there`)
      if (version !== answer.head.version) problems.push(`${about}: another version`)
      const { md5, sha256 } = JSON.parse(digests)
      if (md5 !== undefined && md5 !== hex('md5', bytes)) problems.push(`${about}: another MD5`)
      if (sha256 !== undefined && sha256 !== hex('sha256', bytes)) problems.push(`${about}: another SHA-256`)
    }
  }
  for (const { handle, state, object_key: key } of kept) {
    if (state !== 'stored') problems.push(`${handle} is ${state}`)
    if (!entries.some((entry) => entry.key === key)) problems.push(`no object of ${handle} at ${key}`)
  }
  return { problems, contents, handles: kept.map(({ handle }) => handle) }
}

function hex(name: string, bytes: Buffer): string {
  return createHash(name).update(bytes).digest('hex')
}
