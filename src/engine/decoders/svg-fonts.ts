import { readFile } from 'node:fs/promises'
import { Fault } from '../../faults.ts'
import { FAMILIES, type Face, findFace, STAND_INS, standInsFor } from '../text/families.ts'

/** Families for what CSS names by kind only: the renderer knows no kinds. */
const KINDS: Readonly<Record<string, string>> = {
  serif: 'PT Serif',
  'sans-serif': STAND_INS[0],
  monospace: 'PT Mono',
  cursive: 'Lobster',
  fantasy: 'Abril Fatface',
}
const KIND = /(?<![\w-])(?:sans-serif|serif|monospace|cursive|fantasy)(?![\w-])/g
/** The value of `font-family` or `font`, as attribute or in a style: words and quoted names between commas. */
const FONT =
  /font(?:-family)?\s{0,9}(?:=\s{0,9}["']|:)\s{0,9}(?:(?:'[^'<>]{1,99}'|"[^"<>]{1,99}"|&\w+;[^<>&]{1,99}&\w+;|[\w\s/.%-]{1,99}),\s{0,9}){0,20}[\w\s/.%-]{0,99}/g

export type Lettered = { readonly text: string; readonly fonts: readonly Uint8Array[] }

/**
 * A document and the fonts that it needs: none when it has no text; else the default family, those built in that it names, and
 * what stands in for Arabic letters. Fault unsupported when it has text and no font is installed.
 */
export async function lettered(document: string): Promise<Lettered> {
  if (!/<(?:[\w.-]+:)?text[\s>/]/.test(document)) return { text: document, fonts: [] }
  const spoken = new Set<string>()
  const text = document.replace(FONT, (wish) => {
    const named = wish.replace(KIND, (kind) => KINDS[kind] ?? kind)
    if (spoken.size < 1000) spoken.add(named)
    return named
  })
  const files = new Set(facesFor(text, [...spoken].join('\n')).map(({ file }) => file))
  return { text, fonts: await Promise.all([...files].map((file) => readFile(file))) }
}

/** @param spoken what the document says of fonts */
function facesFor(text: string, spoken: string): readonly Face[] {
  const bold = /bold|font-weight|[6-9]00/.test(text)
  const italic = /italic|oblique/.test(text)
  const styles = [
    { bold: false, italic: false },
    ...(bold ? [{ bold: true, italic: false }] : []),
    ...(italic ? [{ bold: false, italic: true }] : []),
    ...(bold && italic ? [{ bold: true, italic: true }] : []),
  ]
  const families = [STAND_INS[0], ...FAMILIES.map(({ family }) => family).filter((family) => spoken.includes(family))]
  const found = families
    .flatMap((family) => styles.map((style) => findFace(family, style)))
    .filter((face) => face !== undefined)
  if (found.length === 0) throw new Fault('unsupported', 'no fonts are installed on this server')
  // A letter may be written as a number.
  return [...found, ...standInsFor(/&#/.test(text) ? `${text}\u0627` : text, bold)]
}
