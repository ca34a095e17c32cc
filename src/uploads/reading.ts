import type { FileRecord, Files } from '../catalog/files.ts'
import { Fault, isFault } from '../faults.ts'
import { discard } from '../storage/body.ts'
import type { ObjectAnswer, ObjectHead, ObjectKey, ObjectStore } from '../storage/object-store.ts'
import type { Uploads } from './uploads.ts'

export type Reading = {
  readonly files: Pick<Files, 'find' | 'replaced'>
  readonly open: (file: FileRecord) => { readonly store: ObjectStore; readonly object: ObjectKey }
}

/** Reads objects as they lie in their stores; a record that proves wrong is put right on the way. */
export function createReading({ files, open }: Reading): Uploads['read'] {
  /** The record that is true of an object whose head this is. */
  async function truth(file: FileRecord, head: ObjectHead): Promise<FileRecord> {
    const { size = file.size, version = file.version } = head
    if (size === file.size && version === file.version) return file
    const healed: FileRecord = { ...file, size, version, digests: {}, sides: undefined }
    if (await files.replaced(file, { size, version })) return healed
    // Overwritten by this server since the caller looked, or just now.
    const newer = await files.find(file.handle)
    return newer !== undefined && newer.version === version && newer.size === size ? newer : healed
  }

  /** Fault conflict when a range was worked out from a size that is not true any more. */
  async function checkRange(file: FileRecord, head: ObjectHead): Promise<FileRecord> {
    const now = await truth(file, head)
    if (now.size !== file.size) throw new Fault('conflict', 'the file has another size by now: look at it again')
    return now
  }

  return async function read(file, range, signal) {
    const { store, object } = open(file)
    let answer: ObjectAnswer
    try {
      answer = await store.get(object, { ...(range && { range }), ...(signal && { signal }) })
    } catch (error) {
      const beyond = range !== undefined && range.start < file.size && isFault(error, 'bad-parameter')
      if (beyond) await checkRange(file, await store.head(object, { ...(signal && { signal }) }))
      throw error
    }
    if (answer.kind === 'unchanged') throw new Fault('source-refused')
    const { head, body } = answer
    try {
      const now = await (range === undefined ? truth(file, head) : checkRange(file, head))
      return { file: now, [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() }
    } catch (error) {
      await discard(body)
      throw error
    }
  }
}
