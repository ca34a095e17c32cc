import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sniff } from '../../src/engine/sniff.ts'
import { mediaType } from '../../src/plan/media-type.ts'
import type { SourceFormat } from '../../src/plan/plan.ts'
import { empty, html, zip } from '../support/broken-pictures.ts'
import { animated, type Encoding, quadrants, svg } from '../support/pictures.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
/** An `ftyp` box with a major and compatible brands. */
function ftyp(major: string, ...compatible: string[]): Buffer {
  const box = latin1(`\0\0\0\0ftyp${major}\0\0\0\0${compatible.join('')}`)
  box.writeUInt32BE(box.length, 0)
  return box
}

describe('the format of real files', () => {
  const encodings: readonly (readonly [Encoding, SourceFormat])[] = [
    ['png', 'png'],
    ['jpeg', 'jpeg'],
    ['webp', 'webp'],
    ['avif', 'avif'],
    ['gif', 'gif'],
    ['tiff', 'tiff'],
    ['bmp', 'bmp'],
  ]
  it.each(encodings)('%s is recognised as %s', async (encoding, format) => {
    expect(sniff(await quadrants(16, 16, encoding))).toBe(format)
  })

  it('animations are recognised as their container', async () => {
    expect(sniff(await animated('gif'))).toBe('gif')
    expect(sniff(await animated('webp'))).toBe('webp')
  })
})

describe('the format of headers', () => {
  const icon = Buffer.concat([
    Buffer.from([0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0, 4, 0, 0, 0, 22, 0, 0, 0]),
    Buffer.alloc(4),
  ])
  const rows: readonly (readonly [string, Buffer, SourceFormat | undefined])[] = [
    ['AVIF still', ftyp('avif', 'mif1'), 'avif'],
    ['AVIF sequence', ftyp('avis', 'msf1'), 'avif'],
    ['general HEIF that is compatible with AVIF', ftyp('mif1', 'miaf', 'avif'), 'avif'],
    ['HEIC', ftyp('heic', 'mif1'), 'heic'],
    ['general HEIF that is compatible with HEIC', ftyp('mif1', 'heic'), 'heic'],
    ['an MP4 film', ftyp('isom', 'iso2', 'avc1'), undefined],
    ['general HEIF of an unknown codec', ftyp('mif1', 'jpeg'), undefined],
    ['GIF 87a', latin1('GIF87a'), 'gif'],
    ['TIFF, little endian', latin1('II*\0\x08\0\0\0'), 'tiff'],
    ['TIFF, big endian', latin1('MM\0*\0\0\0\x08'), 'tiff'],
    ['BigTIFF, little endian', latin1('II+\0\x08\0\0\0'), 'tiff'],
    ['BigTIFF, big endian', latin1('MM\0+\0\x08\0\0'), 'tiff'],
    ['JPEG XL codestream', latin1('\xff\x0a\xff'), 'jxl'],
    ['JPEG XL container', latin1('\0\0\0\x0cJXL \r\n\x87\n'), 'jxl'],
    ['icon', icon, 'ico'],
    ['an icon that points behind its end', icon.subarray(0, 24), undefined],
    ['PDF', latin1('%PDF-1.7\n'), 'pdf'],
    ['PSD', latin1('8BPS\0\x01'), 'psd'],
    ['large PSD', latin1('8BPS\0\x02'), 'psd'],
    ['a sound in RIFF', latin1('RIFF\0\0\0\0WAVEfmt '), undefined],
    ['a text that begins with BM', latin1('BMW and other makers of cars'), undefined],
    ['an archive', zip(), undefined],
    ['a page', html(), undefined],
    ['nothing', empty(), undefined],
    ['half a signature', latin1('\x89PN'), undefined],
  ]
  it.each(rows)('%s', (_, bytes, format) => {
    expect(sniff(bytes)).toBe(format)
  })
})

describe('SVG', () => {
  const rows: readonly (readonly [string, string, SourceFormat | undefined])[] = [
    ['bare', '<svg/>', 'svg'],
    ['with blanks and byte order mark', '\ufeff \n\t<svg width="1">', 'svg'],
    ['with XML declaration and comments', '<?xml version="1.0"?><!-- <html> --><!-- -- --><svg >', 'svg'],
    ['with doctype', '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd"><svg>', 'svg'],
    ['with internal subset', '<!DOCTYPE svg [ <!ENTITY a "<svg>"> ]>\n<svg>', 'svg'],
    ['with namespace prefix', '<s:svg xmlns:s="http://www.w3.org/2000/svg">', 'svg'],
    ['another element that begins alike', '<svgfoo>', undefined],
    ['a page that holds one', '<html><svg></svg></html>', undefined],
    ['a comment that never ends', '<!-- <svg>', undefined],
    ['a doctype that never ends', '<!DOCTYPE svg [ <svg>', undefined],
    ['a root far down', `${' '.repeat(20_000)}<svg>`, undefined],
    ['plain text', 'svg', undefined],
  ]
  it.each(rows)('%s', (_, text, format) => {
    expect(sniff(Buffer.from(text))).toBe(format)
  })

  it('is recognised as written by hand', () => {
    expect(sniff(svg(10, 10))).toBe('svg')
  })
})

it('any bytes give a format or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const format = sniff(bytes)
      expect(format === undefined || mediaType(format).includes('/')).toBe(true)
    }),
  )
})

it('media types are the registered ones', () => {
  expect(mediaType('jpeg')).toBe('image/jpeg')
  expect(mediaType('svg')).toBe('image/svg+xml')
  expect(mediaType('avif')).toBe('image/avif')
})
