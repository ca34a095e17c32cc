/** What the tasks of a request come to, before it is sent, stored or reported. */
import type { FileRecord } from '../../../catalog/files.ts'
import { Fault } from '../../../faults.ts'
import type { App } from '../app.ts'
import { archiveOf, type Entry } from './archive.ts'
import { detailsOf, sizeOf } from './details.ts'
import type { Located } from './locate.ts'
import type { Order, Work } from './order.ts'
import { type Job, type Picture, pictureOf } from './picture.ts'

export type Result =
  | { readonly kind: 'json'; readonly value: Readonly<Record<string, unknown>> }
  /** A stored file as it is. */
  | { readonly kind: 'file'; readonly file: FileRecord }
  /** The bytes of another source as they are; nothing has been read yet. */
  | { readonly kind: 'outside'; readonly located: Exclude<Located, { readonly kind: 'file' }> }
  | ({ readonly kind: 'picture' } & Picture)
  | { readonly kind: 'archive'; readonly entries: () => AsyncIterable<Entry> }

/** A request whose sources are found and allowed. */
export type Ready = {
  readonly order: Order
  readonly app: App
  readonly located: readonly [Located, ...Located[]]
  readonly job: Job
}

export async function resultOf(work: Work, ready: Ready): Promise<Result> {
  const { order, located, job } = ready
  const { chain } = order
  const [main, ...others] = located
  if (chain.metadata !== undefined) return { kind: 'json', value: await detailsOf(work, ready, main, chain.metadata) }
  if (chain.imagesize) return { kind: 'json', value: await sizeOf(work, job, located) }
  if (chain.zip) return { kind: 'archive', entries: () => archiveOf(work, job, located) }
  if (others.length > 0 && !chain.images.some(({ task }) => task === 'animate')) {
    throw new Fault('bad-parameter', 'invalid request: a list of sources is for the tasks zip and animate')
  }
  const picture = chain.images.length === 0 ? 'untouched' : await pictureOf(work, job, located)
  return picture === 'untouched' ? untouched(main) : { kind: 'picture', ...picture }
}

export function untouched(located: Located): Extract<Result, { readonly kind: 'file' | 'outside' }> {
  return located.kind === 'file' ? { kind: 'file', file: located.file } : { kind: 'outside', located }
}
