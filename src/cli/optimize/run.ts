import { Fault, isFault } from '../../faults.ts'
import type { Workshop } from '../ports.ts'
import { reasonOf } from '../reasons.ts'
import type { Destination } from './destination.ts'
import type { Found } from './found.ts'
import type { Journal } from './journal.ts'
import { type Manner, shrink } from './shrink.ts'

/** What became of a picture. */
export type Outcome = {
  readonly name: string
  /**
   * `smaller`; `same`: no smaller one was found; `skipped`: an earlier run did it; `left`: a format that is not optimised; `failed`:
   * nothing was changed.
   */
  readonly result: 'smaller' | 'same' | 'skipped' | 'left' | 'failed'
  readonly before: number
  /** Bytes; as `before` unless it became smaller. */
  readonly after: number
  readonly reason?: string
}

/** Where results go. */
export type Into =
  | { readonly kind: 'nowhere' }
  | { readonly kind: 'in-place'; readonly journal: Journal }
  | { readonly kind: 'store'; readonly destination: Destination; readonly journal: Journal }

export type Run = {
  readonly workshop: Workshop
  readonly manner: Manner
  readonly into: Into
  /** No picture is begun once it is aborted; those that are under way are finished. */
  readonly stop: AbortSignal
  readonly onOutcome: (outcome: Outcome) => void
}

/** Optimises pictures, some at once. One that fails is an outcome and stops no other. In the order of `pictures`. */
export async function optimizeAll(pictures: readonly Found[], run: Run): Promise<readonly Outcome[]> {
  const outcomes = new Map<number, Outcome>()
  const queue = pictures.entries()
  const work = async () => {
    for (const [i, picture] of queue) {
      if (run.stop.aborted) return
      const outcome = await optimizeOne(picture, run)
      outcomes.set(i, outcome)
      run.onOutcome(outcome)
    }
  }
  await Promise.all(Array.from({ length: run.workshop.slots }, work))
  return pictures.flatMap((_, i) => outcomes.get(i) ?? [])
}

async function optimizeOne(picture: Found, run: Run): Promise<Outcome> {
  const { name, size } = picture
  const outcome = (result: Outcome['result'], after = size) => ({ name, result, before: size, after })
  try {
    if (await isDone(picture, run)) return outcome('skipped')
    if (size > run.workshop.sourceBytes) throw new Fault('too-large')
    const { bytes, metadata } = await picture.read()
    const { bytes: smaller, type, leftAlone } = await shrink(run.workshop, bytes, run.manner)
    await keep(picture, { bytes, smaller, type, metadata }, run)
    const result = leftAlone ? 'left' : smaller === undefined ? 'same' : 'smaller'
    return outcome(result, smaller?.length ?? size)
  } catch (error) {
    return { ...outcome('failed'), reason: reasonFor(error) }
  }
}

async function isDone(picture: Found, { into, manner }: Run): Promise<boolean> {
  if (into.kind === 'nowhere' || !into.journal.has(entry(picture, into, manner))) return false
  // A result that somebody has removed is made again.
  return into.kind === 'in-place' || (await into.destination.has(picture.key))
}

type Made = {
  readonly bytes: Buffer
  readonly smaller: Buffer | undefined
  readonly type: string
  readonly metadata: Readonly<Record<string, string>>
}

async function keep(picture: Found, { bytes, smaller, type, metadata }: Made, { into, manner }: Run): Promise<void> {
  switch (into.kind) {
    case 'nowhere':
      return
    case 'store':
      // Pictures that could not be made smaller are stored too: the copy shall be complete.
      await into.destination.put(picture.key, smaller ?? bytes, type, metadata)
      return into.journal.add(entry(picture, into, manner))
    case 'in-place':
      if (smaller === undefined) return into.journal.add(entry(picture, into, manner))
      if (picture.replace === undefined) throw new Fault('unsupported', 'cannot be replaced in its place')
      // Noted first: a run that ends between the two must not press the result a second time.
      return picture.replace(smaller, (version) => into.journal.add(entry({ ...picture, version }, into, manner)))
  }
}

/** What was done to which bytes, and where the result went. */
function entry({ place, version, key }: Found, into: Into, { lossy, strip }: Manner): readonly string[] {
  const where = into.kind === 'store' ? into.destination.place(key) : into.kind
  return [place, version, lossy ? 'lossy' : 'lossless', strip ? 'strip' : 'keep', where]
}

function reasonFor(error: unknown): string {
  if (isFault(error)) return reasonOf(error)
  return error instanceof Error && 'code' in error ? `the file system refuses: ${error.code}` : String(error)
}
