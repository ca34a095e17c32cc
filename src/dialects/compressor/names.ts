import type { SourceFormat } from '../../plan/plan.ts'

const LONGEST = 200

/** Last segment of a URL's path, as a file is named. */
export function nameOfUrl(url: string): string {
  const segment = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  try {
    return tidy(decodeURIComponent(segment))
  } catch {
    return tidy(segment)
  }
}

/** The name of an uploaded file without the folders that some browsers send along. */
export function nameOfUpload(filename: string): string {
  return tidy(filename)
}

/** Stem of the input and the output's format: `image.jpg` comes out as `image.jpeg` (compressor §4.1). */
export function outputName(input: string, format: SourceFormat): string {
  const stem = input.replace(/\.[^.]*$/, '')
  return `${stem === '' ? 'file' : stem}.${format}`
}

/** One segment of a path that is safe as a key and in a header. */
function tidy(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const clean = [...last.toWellFormed()].filter((char) => char >= ' ' && char !== '\x7f').join('')
  const short = clean.slice(-LONGEST).toWellFormed().trim()
  return /^\.*$/.test(short) ? 'file' : short
}
