import { createHash } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../faults.ts'
import { type Face, findFace, standInsFor } from './families.ts'
import { ownFont } from './font-file.ts'

/** Fonts of callers that a process takes in: it can never forget one again. */
const MOST_OWN_FONTS = 200

/** Where fonts are found. */
export interface FontShelf {
  /** A built-in family; one nobody knows is the default one. Fault unsupported: no font is installed. */
  builtIn(family: string, style: { readonly bold: boolean; readonly italic: boolean }): Face
  /** A caller's font. Faults of `ownFont`; limit-reached when too many different ones were used. */
  own(bytes: Uint8Array): Promise<Face>
  /** Makes sure that what stands in for letters that a font lacks is known to the process; `introduce` makes it known. */
  standIns(text: string, bold: boolean, introduce: (face: Face) => Promise<void>): Promise<void>
  /** Removes the files. */
  close(): Promise<void>
}

/** Callers' fonts are kept as files in a temporary folder, because the library that writes text reads fonts from files only. */
export function createFontShelf(): FontShelf {
  const builtIns = new Map<string, Face | undefined>()
  const owned = new Map<string, Promise<Face>>()
  const introduced = new Map<string, Promise<void>>()
  let folder: Promise<string> | undefined

  async function keep(name: string, bytes: Uint8Array): Promise<Face> {
    const font = ownFont(bytes)
    folder ??= mkdtemp(join(tmpdir(), 'tintype-fonts-'))
    const file = join(await folder, `${name}.font`)
    await writeFile(`${file}.part`, font.bytes)
    await rename(`${file}.part`, file)
    return { family: font.family, file }
  }

  return {
    builtIn(family, { bold, italic }) {
      const key = `${family.slice(0, 100)} ${bold} ${italic}`
      if (builtIns.size > 1_000) builtIns.clear()
      const face = builtIns.get(key) ?? findFace(family, { bold, italic })
      builtIns.set(key, face)
      if (face === undefined) throw new Fault('unsupported', 'no fonts are installed on this server')
      return face
    },
    own(bytes) {
      const name = createHash('sha256').update(bytes).digest('hex')
      const known = owned.get(name)
      if (known) return known
      if (owned.size >= MOST_OWN_FONTS) {
        return Promise.reject(
          new Fault('limit-reached', 'too many different fonts', { context: { limit: MOST_OWN_FONTS } }),
        )
      }
      const face = keep(name, bytes)
      owned.set(name, face)
      // What is no font takes no place.
      face.catch(() => owned.delete(name))
      return face
    },
    async standIns(text, bold, introduce) {
      for (const face of standInsFor(text, bold)) {
        const before = introduced.get(face.file)
        const introduction = before ?? introduce(face)
        if (before === undefined) {
          introduced.set(face.file, introduction)
          introduction.catch(() => introduced.delete(face.file))
        }
        await introduction
      }
    },
    async close() {
      if (folder) await rm(await folder, { recursive: true, force: true })
    },
  }
}
