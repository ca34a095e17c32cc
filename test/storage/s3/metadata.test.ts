import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault } from '../../../src/faults.ts'
import { decodeMetadata, encodeMetadata, encodeTags } from '../../../src/storage/s3/metadata.ts'

describe('user metadata', () => {
  it('is read back as it was written, or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        try {
          const encoded = encodeMetadata({ Name: value })
          // What HTTP carries: visible ASCII and inner blanks.
          expect(encoded.name).toMatch(/^$|^[!-~]([ -~]*[!-~])?$/)
          expect(decodeMetadata(encoded)).toEqual({ name: value })
        } catch (error) {
          expect(isFault(error, 'bad-parameter')).toBe(true)
        }
      }),
    )
  })

  it.each([
    ['=?UTF-8?Q?Gr=C3=BC=C3=9Fe_dir?=', 'Grüße dir'],
    ['=?utf-8?b?R3LDvMOfZQ==?=', 'Grüße'],
    ['=?UTF-8?B?R3I=?= =?UTF-8?B?w7w=?=', 'Grü'],
    ['plain =?UTF-8?B?w7w=?= text', 'plain ü text'],
    ['=?ISO-8859-1?Q?a?=', '=?ISO-8859-1?Q?a?='],
    ['a =? b', 'a =? b'],
  ])('written by others is read: %s', (value, expected) => {
    expect(decodeMetadata({ 'X-Name': value })).toEqual({ 'x-name': expected })
  })
})

describe('tags', () => {
  it('are a query string without plus signs', () => {
    expect(encodeTags({ 'a b': 'c+d', é: '' })).toBe('a%20b=c%2Bd&%C3%A9=')
  })
})
