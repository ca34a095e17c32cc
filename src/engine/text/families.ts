import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A font file, and the family name that stands in it. */
export type Face = { readonly family: string; readonly file: string }
type Style = { readonly bold: boolean; readonly italic: boolean }

/**
 * The built-in families: name inside of the font, package, beginning of the file names, and whether bold and italic are offered
 * (the list of imagekit §6.5). `flat`: an older package without a folder for each style.
 */
type Family = {
  readonly family: string
  readonly package: string
  readonly prefix: string
  readonly styled: boolean
  readonly flat?: true
}

function family(name: string, styled: boolean, more: Partial<Family> = {}): Family {
  return {
    family: name,
    package: name.toLowerCase().replaceAll(' ', '-'),
    prefix: name.replaceAll(' ', ''),
    styled,
    ...more,
  }
}

const DEFAULT = family('Open Sans', true)
/** Writes what the others lack: Arabic letters. */
const ARABIC = family('Noto Sans Arabic', true)

export const FAMILIES: readonly Family[] = [
  family('Abril Fatface', false),
  family('Amaranth', true),
  family('Arvo', true),
  family('Audiowide', false),
  family('Chivo', true),
  family('Crimson Text', true),
  family('Exo', true),
  family('Fredoka One', false, { flat: true }),
  family('Gravitas One', false),
  family('Kanit', true),
  family('Lato', true),
  family('Lobster', false),
  family('Lora', true),
  family('Monoton', false),
  family('Montserrat', true),
  family('Old Standard TT', true, { flat: true }),
  DEFAULT,
  family('PT Mono', false),
  family('PT Serif', true),
  family('Roboto', true),
  family('Ubuntu', true),
  family('Vollkorn', true),
]

const ALIASES: Readonly<Record<string, string>> = { oldstandard: 'oldstandardtt' }

/** Families that stand in where a font lacks a letter, in this order. */
export const STAND_INS = [DEFAULT.family, ARABIC.family] as const

const require = createRequire(import.meta.url)

/**
 * The file for a family and style. Case, blanks, `_` and `-` in the name mean nothing; a family nobody knows, or whose package
 * is not installed, is the default one; a style that the family lacks is its nearest. Undefined: no font is installed at all.
 */
export function findFace(name: string, style: Style): Face | undefined {
  const key = name.toLowerCase().replaceAll(/[\s_-]/g, '')
  const wanted = ALIASES[key] ?? key
  const known = FAMILIES.find((one) => one.family.toLowerCase().replaceAll(' ', '') === wanted)
  return (known && faceOf(known, style)) ?? faceOf(DEFAULT, style)
}

/** The files that must be known to the process before `text` is written, besides its own font's. */
export function standInsFor(text: string, bold: boolean): readonly Face[] {
  const families = /\p{Script=Arabic}/u.test(text) ? [DEFAULT, ARABIC] : [DEFAULT]
  return families.map((one) => faceOf(one, { bold, italic: false })).filter((face) => face !== undefined)
}

function faceOf(one: Family, { bold, italic }: Style): Face | undefined {
  const styles = one.styled
    ? [
        ...(bold && italic ? ['700Bold_Italic'] : []),
        ...(bold ? ['700Bold'] : []),
        ...(italic ? ['400Regular_Italic'] : []),
      ]
    : []
  for (const style of [...styles, '400Regular']) {
    const file = locate(one, style)
    if (file !== undefined) return { family: one.family, file }
  }
  return undefined
}

function locate(one: Family, style: string): string | undefined {
  try {
    const folder = dirname(require.resolve(`@expo-google-fonts/${one.package}/package.json`))
    const name = `${one.prefix}_${style}.ttf`
    const file = one.flat ? join(folder, name) : join(folder, style, name)
    return existsSync(file) ? file : undefined
  } catch {
    // Fonts are optional packages.
    return undefined
  }
}
