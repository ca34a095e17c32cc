/** Several sources in one file: the task `zip` (filestack §4.2). */
import { makeZip } from 'client-zip'
import type { Located } from './locate.ts'
import type { Work } from './order.ts'
import { deliver, flowing, type Job, pictureOf, UNTOUCHED } from './picture.ts'

export type Entry = { readonly name: string; readonly input: AsyncIterable<Uint8Array>; readonly lastModified: Date }

/** One after the other, each as its image tasks make it; a source is opened when its turn comes. */
export async function* archiveOf(work: Work, job: Job, located: readonly Located[]): AsyncGenerator<Entry> {
  const names = createNames()
  for (const one of located) {
    const { name, ...entry } = await entryOf(work, job, one)
    yield { ...entry, name: names(name) }
  }
}

/** The bytes of an archive as they flow; nothing is compressed, since pictures are. Whoever stops early leaves no source open. */
export async function* zipped(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array> {
  let current: AsyncIterator<Uint8Array> | undefined
  async function* watched(): AsyncGenerator<Entry> {
    for await (const entry of entries) {
      const iterator = entry.input[Symbol.asyncIterator]()
      current = iterator
      yield { ...entry, input: { [Symbol.asyncIterator]: () => iterator } }
    }
  }
  try {
    for await (const chunk of makeZip(watched())) yield chunk
  } finally {
    // Not awaited: a source that stalls would hold back the end.
    current?.return?.().then(undefined, () => undefined)
  }
}

async function entryOf(work: Work, job: Job, located: Located): Promise<Entry> {
  const { context, exchange } = work
  const now = new Date(context.now())
  const picture = job.images.length === 0 ? 'untouched' : await pictureOf(work, job, [located])
  if (picture !== 'untouched') return { name: picture.name, input: flowing(picture.delivered), lastModified: now }
  if (located.kind === 'file') {
    const { file } = located
    const input = await context.uploads.read(file, undefined, exchange.signal)
    return { name: file.filename, input, lastModified: new Date(file.uploadedMs) }
  }
  return { name: located.name, input: flowing(await deliver(work, job, located, UNTOUCHED)), lastModified: now }
}

/** Names that can be unpacked anywhere: no folders, and `a (1).png` for the second `a.png`. */
export function createNames(): (name: string) => string {
  const taken = new Set<string>()
  return (wanted) => {
    const plain = wanted.replace(/[/\\\p{Cc}]/gu, '-').replace(/^\.+$/, '-') || 'file'
    const [, base = plain, ending = ''] = /^(.+?)(\.[A-Za-z0-9]{1,16})$/.exec(plain) ?? []
    let name = plain
    for (let count = 1; taken.has(name.toLowerCase()); count += 1) name = `${base} (${count})${ending}`
    taken.add(name.toLowerCase())
    return name
  }
}
