import type { SourceFormat } from '../plan/plan.ts'

const EXTENSIONS: Readonly<Partial<Record<SourceFormat, string>>> = { jpeg: 'jpg' }
/** What is taken for an extension: a picture's name may hold any dot. */
const EXTENSION = /\.[A-Za-z0-9]{1,5}$/

/** `name` with the extension of `format` in place of its own, or added when it has none: `a.gif` → `a.png`. */
export function renamed(name: string, format: SourceFormat): string {
  const stem = name.replace(EXTENSION, '')
  return `${stem === '' ? name : stem}.${EXTENSIONS[format] ?? format}`
}
