import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAMILIES, findFace } from '../../../src/engine/text/families.ts'
import { familyOf, MOST_FONT_BYTES, ownFont } from '../../../src/engine/text/font-file.ts'
import { isFault } from '../../../src/faults.ts'

const PLAIN = { bold: false, italic: false }
function builtIn(family: string, style = PLAIN): Buffer {
  const face = findFace(family, style)
  if (face === undefined) throw new Error('no fonts are installed')
  return readFileSync(face.file)
}
const LOBSTER = builtIn('Lobster')

function sumOf(font: Buffer): number {
  let sum = 0
  for (let i = 0; i < font.length; i += 4) sum = (sum + font.readUInt32BE(i)) >>> 0
  return sum
}
function faultOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return isFault(error) ? error.code : String(error)
  }
  return 'none'
}

describe('a caller’s font', () => {
  it('gets a family name of its own, made from its content', () => {
    const font = ownFont(LOBSTER)
    expect(familyOf(LOBSTER)).toBe('Lobster')
    expect(font.family).toMatch(/^Tintype [a-p]{32}$/)
    expect(familyOf(font.bytes)).toBe(font.family)
    expect(ownFont(LOBSTER).family).toBe(font.family)
    expect(ownFont(builtIn('Lora')).family).not.toBe(font.family)
    expect(font.bytes.includes(Buffer.from('Lobster', 'utf16le').swap16())).toBe(false)
  })

  it('adds up to the sum that the format demands', () => {
    for (const family of ['Lobster', 'Open Sans', 'Ubuntu'])
      expect(sumOf(ownFont(builtIn(family)).bytes)).toBe(0xb1b0afba)
  })

  it('that was made here can be taken in again', () => {
    expect(familyOf(ownFont(ownFont(LOBSTER).bytes).bytes)).toMatch(/^Tintype /)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a page', Buffer.from('<!doctype html><title>font</title>')],
    ['a WOFF file', Buffer.concat([Buffer.from('wOF2'), LOBSTER.subarray(4)])],
    ['a font cut off', LOBSTER.subarray(0, 2000)],
    ['a list of tables without tables', LOBSTER.subarray(0, 12)],
    ['a font without glyphs', changed('maxp', (table) => table.fill(0))],
    ['a font with a wrong head', changed('head', (table) => table.writeUInt32BE(1, 12))],
    ['a font without letters', changed('cmap', undefined)],
  ])('is refused: %s', (_, bytes) => {
    expect(faultOf(() => ownFont(bytes))).toBe('bad-parameter')
  })

  it('is refused above 5 MB', () => {
    expect(faultOf(() => ownFont(Buffer.alloc(MOST_FONT_BYTES + 1)))).toBe('too-large')
  })

  it('ends in a font or a Fault, whatever the bytes are', () => {
    const tables = 12 + 16 * LOBSTER.readUInt16BE(4)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(tables - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(LOBSTER)
        for (const [at, value] of changes) bytes[at] = value
        expect(['none', 'bad-parameter']).toContain(faultOf(() => ownFont(bytes)))
      }),
    )
  })
})

/** Lobster with one table changed, or renamed so that nobody knows it. */
function changed(tag: string, change: ((table: Buffer) => unknown) | undefined): Buffer {
  const bytes = Buffer.from(LOBSTER)
  for (let at = 12; at < 12 + 16 * bytes.readUInt16BE(4); at += 16) {
    if (bytes.toString('latin1', at, at + 4) !== tag) continue
    const start = bytes.readUInt32BE(at + 8)
    if (change) change(bytes.subarray(start, start + bytes.readUInt32BE(at + 12)))
    else bytes.write('none', at, 'latin1')
  }
  return bytes
}

describe('the built-in families (imagekit §6.5)', () => {
  it.each(FAMILIES.map((one) => [one.family, one.styled] as const))('%s is what its file says', (family, styled) => {
    for (const style of [
      PLAIN,
      ...(styled
        ? [
            { bold: true, italic: false },
            { bold: false, italic: true },
          ]
        : []),
    ]) {
      expect(familyOf(builtIn(family, style))).toBe(family)
    }
  })

  it.each([
    ['AbrilFatFace', 'Abril Fatface'],
    ['exo', 'Exo'],
    ['PT_Serif', 'PT Serif'],
    ['Old Standard', 'Old Standard TT'],
    ['CRIMSON text', 'Crimson Text'],
    ['Comic Sans', 'Open Sans'],
    ['', 'Open Sans'],
  ])('the name %s means %s', (name, family) => {
    expect(findFace(name, PLAIN)?.family).toBe(family)
  })

  it('have bold and italic where the contract marks them', () => {
    const fileOf = (family: string, bold: boolean, italic: boolean) => findFace(family, { bold, italic })?.file
    expect(fileOf('Lato', true, true)).toMatch(/Lato_700Bold_Italic\.ttf$/)
    expect(fileOf('Old Standard', true, true)).toMatch(/700Bold\.ttf$/)
    expect(fileOf('Lobster', true, true)).toMatch(/Lobster_400Regular\.ttf$/)
  })
})
