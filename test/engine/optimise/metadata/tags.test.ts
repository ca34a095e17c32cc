import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { KEEP_NOTHING, type KeepTags } from '../../../../src/engine/optimise/keep.ts'
import { narrowExif } from '../../../../src/engine/optimise/metadata/exif.ts'
import { narrowIptc } from '../../../../src/engine/optimise/metadata/iptc.ts'
import { readBlocks, withKept } from '../../../../src/engine/optimise/metadata/metadata.ts'
import { narrowXmp } from '../../../../src/engine/optimise/metadata/xmp.ts'
import { isFault } from '../../../../src/faults.ts'
import { photo } from '../../../support/pictures.ts'

type Format = 'jpeg' | 'png' | 'webp'
const FORMATS: readonly Format[] = ['jpeg', 'png', 'webp']
const ALL: KeepTags = { profile: true, date: true, copyright: true, geotag: true, orientation: 'keep' }
const TITLE = 'A title that nobody asked to keep'

const packet = (properties: string, attributes = '') =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ${attributes}>${properties}</rdf:Description></rdf:RDF></x:xmpmeta>`

const XMP = packet(
  `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${TITLE}</rdf:li></rdf:Alt></dc:title>` +
    '<dc:creator><rdf:Seq><rdf:li>Ann &amp; Bob</rdf:li><rdf:li>Carl</rdf:li></rdf:Seq></dc:creator>' +
    '<dc:rights><rdf:Alt><rdf:li xml:lang="de">Alle Rechte</rdf:li></rdf:Alt></dc:rights>',
  'photoshop:DateCreated="2021-05-06" photoshop:Credit="Agency"',
)

/** A picture that carries everything. */
async function laden(format: Format): Promise<Buffer> {
  const picture = sharp(await photo(80, 60))
    .withIccProfile('p3')
    .withExif({
      IFD0: { Copyright: 'A. Nonymous', Artist: TITLE, Make: 'Camera' },
      IFD2: { DateTimeOriginal: '2020:01:02 03:04:05', DateTimeDigitized: '2020:01:02 03:04:06', LensModel: TITLE },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '51/1 30/1 3230/100',
        GPSLongitudeRef: 'E',
        GPSLongitude: '7/1 6/1 0/1',
        GPSAltitude: '80/1',
      },
    })
    .withMetadata({ orientation: 6 })
    .withXmp(XMP)
  return picture.toFormat(format, { quality: 90 }).toBuffer()
}

/** What is written in the metadata of a file. */
async function written(bytes: Uint8Array) {
  const { exif, xmp, orientation, hasProfile } = await sharp(bytes).metadata()
  const text = (exif?.toString('latin1') ?? '') + (xmp?.toString('utf8') ?? '')
  return {
    copyright:
      text.includes('A. Nonymous') &&
      text.includes('Ann &amp; Bob') &&
      text.includes('Carl') &&
      text.includes('Alle Rechte') &&
      text.includes('Agency'),
    date: text.includes('2020:01:02 03:04:05') && text.includes('2020:01:02 03:04:06') && text.includes('2021-05-06'),
    geotag:
      (exif?.includes(Buffer.from([51, 0, 0, 0, 1, 0, 0, 0])) ||
        exif?.includes(Buffer.from([0, 0, 0, 51, 0, 0, 0, 1]))) ??
      false,
    profile: hasProfile,
    orientation,
    rest: text.includes(TITLE) || text.includes('Camera'),
    any: exif !== undefined || xmp !== undefined,
  }
}

const NONE = { copyright: false, date: false, geotag: false, profile: false, orientation: undefined, rest: false }

describe.each(FORMATS)('metadata of a %s', (format) => {
  const rows: readonly (readonly [string, Partial<KeepTags>, Partial<Awaited<ReturnType<typeof written>>>])[] = [
    ['profile', { profile: true }, { profile: true }],
    ['date', { date: true }, { date: true }],
    ['copyright', { copyright: true }, { copyright: true }],
    ['geotag', { geotag: true }, { geotag: true }],
    ['orientation', { orientation: 'keep' }, { orientation: 6 }],
    ['orientation of turned pixels', { orientation: 'upright' }, { orientation: 1 }],
    ['all', ALL, { copyright: true, date: true, geotag: true, profile: true, orientation: 6 }],
    ['nothing', {}, { any: false }],
  ]
  it.each(rows)('keeps %s and no other tag', async (_, keep, expected) => {
    const file = { bytes: await laden(format), format }
    const kept = withKept(file, file, { ...KEEP_NOTHING, ...keep })
    expect(await written(kept)).toMatchObject({ ...NONE, ...expected })
    const pixels = (bytes: Uint8Array) => sharp(bytes, { ignoreIcc: true }).raw().toBuffer()
    expect((await pixels(kept)).equals(await pixels(file.bytes))).toBe(true)
  })

  it('written again is the same', async () => {
    const file = { bytes: await laden(format), format }
    const once = withKept(file, file, ALL)
    const again = { bytes: once, format }
    expect(Buffer.from(withKept(again, again, ALL)).equals(once)).toBe(true)
  })

  it.each(FORMATS)('goes over into a %s', async (other) => {
    const source = { bytes: await laden(format), format }
    const bare = await sharp(await photo(80, 60))
      .toFormat(other)
      .toBuffer()
    const kept = withKept({ bytes: bare, format: other }, source, ALL)
    expect(await written(kept)).toMatchObject({
      copyright: true,
      date: true,
      geotag: true,
      profile: true,
      orientation: 6,
      rest: false,
    })
  })

  it('any damage ends in a picture or in image-corrupt', async () => {
    const source = await laden(format)
    fc.assert(
      fc.property(fc.nat(source.length - 1), fc.nat(255), fc.nat(source.length), (at, value, end) => {
        const hurt = Buffer.from(source)
        hurt[at] = value
        const file = { bytes: hurt.subarray(0, Math.max(12, end)), format }
        try {
          expect(withKept(file, file, ALL).length).toBeGreaterThan(0)
        } catch (error) {
          expect(isFault(error, 'image-corrupt')).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('bytes without sense are image-corrupt', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => readBlocks({ bytes, format })).toThrow(expect.objectContaining({ code: 'image-corrupt' }))
      }),
    )
  })
})

describe('blocks of metadata', () => {
  it('of any bytes end in a block or in none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom('II*\0', 'MM\0*', ''), (bytes, head) => {
        const block = Buffer.concat([Buffer.from(head, 'latin1'), bytes])
        for (const narrow of [narrowExif, narrowXmp, narrowIptc]) expect(narrow(block, ALL)?.length).not.toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('of EXIF that points at itself end', () => {
    const block = Buffer.alloc(64)
    block.write('II*\0', 'latin1')
    block.writeUInt32LE(8, 4)
    block.writeUInt16LE(1, 8)
    block.set([0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0], 10)
    expect(narrowExif(block, ALL)).toBeUndefined()
  })

  it('of XMP are read as elements and as attributes, and never carry markup', () => {
    const keep = { ...KEEP_NOTHING, copyright: true }
    const read = (text: string) => Buffer.from(narrowXmp(Buffer.from(text), keep) ?? []).toString()
    expect(read(packet('<photoshop:Credit>Agency</photoshop:Credit>'))).toContain('>Agency<')
    expect(read(packet('', 'photoshop:Credit="Tom &lt;b&gt; &#65;"'))).toContain('>Tom &lt;b&gt; A<')
    expect(read(packet('<dc:rights><rdf:Alt><rdf:li><evil/></rdf:li></rdf:Alt></dc:rights>'))).toBe('')
  })

  it('of IPTC keep the copyright notice and how it is encoded', async () => {
    const set = (record: number, number: number, text: string) =>
      Buffer.from([0x1c, record, number, 0, text.length, ...Buffer.from(text)])
    const iptc = Buffer.concat([set(1, 90, '\x1b%G'), set(2, 5, TITLE), set(2, 116, 'Mine')])
    const resource = Buffer.concat([
      Buffer.from('8BIM\x04\x04\0\0\0\0\0', 'latin1'),
      Buffer.from([iptc.length]),
      iptc,
      Buffer.alloc(iptc.length & 1),
    ])
    const body = Buffer.concat([Buffer.from('Photoshop 3.0\0', 'latin1'), resource])
    const plain = await photo(40, 30, 'jpeg')
    const source = Buffer.concat([
      plain.subarray(0, 2),
      Buffer.from([0xff, 0xed, 0, body.length + 2]),
      body,
      plain.subarray(2),
    ])
    const file = { bytes: source, format: 'jpeg' as const }
    const kept = Buffer.from(withKept(file, file, { ...KEEP_NOTHING, copyright: true }))
    expect(readBlocks({ bytes: kept, format: 'jpeg' }).iptc?.toString()).toBe(
      Buffer.concat([set(1, 90, '\x1b%G'), set(2, 116, 'Mine')]).toString(),
    )
    expect(kept.includes(TITLE)).toBe(false)
  })
})
