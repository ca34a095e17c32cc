import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formOf, OPERATIONS, parseAddress, parsePicture, printPicture } from '../../../src/dialects/pixboost/grammar.ts'
import { parseQuery, printQuery, single } from '../../../src/dialects/pixboost/query.ts'

const read = (target: string) => {
  const address = parseAddress(target)
  const picture = address && parsePicture(address)
  return picture && [picture.source, picture.operation]
}

describe('the path is decoded once and split at the last slash', () => {
  it.each([
    ['http://h.test/p.jpg/resize', 'http://h.test/p.jpg', 'resize'],
    ['http://h.test/resize/fit/optimise', 'http://h.test/resize/fit', 'optimise'],
    ['https:%2F%2Fh.test%2Fp/asis', 'https://h.test/p', 'asis'],
    ['https%3A%2F%2Fh.test%2Fp/asis', 'https://h.test/p', 'asis'],
    ['%2F%2Fh.test%2Fp%3Fv%3D1%26w/fit', '//h.test/p?v=1&w', 'fit'],
    ['//h.test//p///optimise', '//h.test//p//', 'optimise'],
    ['a/b%2Foptimise', 'a/b', 'optimise'],
    ['a/b+c/optimise', 'a/b+c', 'optimise'],
    ['a/b%20c/optimise', 'a/b c', 'optimise'],
    ['a/b%2520c.jpg/optimise', 'a/b%20c.jpg', 'optimise'],
    ['a/caf%C3%A9.jpg/optimise', 'a/café.jpg', 'optimise'],
    ['a/%EF%BB%BFb.jpg/optimise', 'a/\uFEFFb.jpg', 'optimise'],
    ['a/../b/optimise', 'a/../b', 'optimise'],
    ['/optimise', '', 'optimise'],
  ])('/api/2/img/%s', (rest, source, operation) => {
    expect(read(`/api/2/img/${rest}?auth=K`)).toEqual([source, operation])
    expect(read(`/img/${rest}`)).toEqual([source, operation])
  })
})

describe('what has no operation is no route', () => {
  it.each([
    'a/b.jpg',
    'a/b.jpg/',
    'a/b.jpg/optimise/',
    'a/b.jpg/optimize',
    'a/b.jpg/Optimise',
    'a/b.jpg/optimise&auth=K',
    'a/b.jpg/resize%3Fsize=1',
    'a/b.jpg?w=1/optimise',
    'optimise',
    '',
  ])('/api/2/img/%s', (rest) => {
    expect(read(`/api/2/img/${rest}`)).toBeUndefined()
  })

  it.each([
    'a/%ZZ/optimise',
    'a/%/optimise',
    'a/%2/optimise',
    'a/%E9.jpg/optimise',
    'a/caf\xe9/optimise',
    'a/\u20ac/optimise',
  ])('a broken escape, or bytes that are not UTF-8: %s', (rest) => {
    expect(read(`/api/2/img/${rest}`)).toBeUndefined()
  })

  it('the prefix stands plainly and whole', () => {
    expect(formOf('/api/2/img')).toBe('api')
    expect(formOf('/api/2/img?x')).toBe('api')
    expect(formOf('/img/x')).toBe('engine')
    for (const target of ['/api/2/images/x', '/api%2F2/img/x', '//api/2/img/x', '/API/2/img/x', '/imgs', '/']) {
      expect(formOf(target)).toBeUndefined()
    }
  })
})

describe('the query of the request', () => {
  const values = (raw: string) => [...parseQuery(raw)].map(([name, all]) => [name, ...all])

  it('keeps order free and ignores an empty pair', () => {
    expect(values('&auth=K&&size=1')).toEqual([
      ['auth', 'K'],
      ['size', '1'],
    ])
  })

  it('a pair with a raw semicolon vanishes, one with an encoded semicolon does not', () => {
    expect(values('size=1;2&auth=K')).toEqual([['auth', 'K']])
    expect(values('size=1%3B2')).toEqual([['size', '1;2']])
  })

  it('a pair with a broken escape vanishes', () => {
    expect(values('size=%zz&%=1&auth=K')).toEqual([['auth', 'K']])
  })

  it('a plus is a blank, names keep their case', () => {
    expect(values('size=200+&SIZE=1')).toEqual([
      ['size', '200 '],
      ['SIZE', '1'],
    ])
  })

  it('a parameter given twice counts as empty', () => {
    expect(single(parseQuery('size=1&size=1'), 'size')).toBe('')
    expect(single(parseQuery('size=1'), 'size')).toBe('1')
    expect(single(parseQuery(''), 'size')).toBe('')
  })
})

describe('writing what was read', () => {
  const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed())
  const queries = fc
    .uniqueArray(fc.tuple(text, fc.array(text, { minLength: 1, maxLength: 3 })), { selector: ([name]) => name })
    .map((pairs) => new Map(pairs))

  it('reading a printed picture gives the same picture', () => {
    const pictures = fc.record({
      form: fc.constantFrom('api' as const, 'engine' as const),
      source: fc.oneof(text, fc.webUrl({ withQueryParameters: true, withFragments: true })),
      operation: fc.constantFrom(...OPERATIONS),
      query: queries,
    })
    fc.assert(
      fc.property(pictures, (picture) => {
        const address = parseAddress(printPicture(picture))
        expect(address && parsePicture(address)).toEqual(picture)
      }),
    )
  })

  it('a printed query is read back, and any text is read without an error', () => {
    fc.assert(
      fc.property(queries, (query) => {
        expect(parseQuery(printQuery(query))).toEqual(query)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        parseQuery(raw)
        const address = parseAddress(`/api/2/img/${raw}`)
        if (address) parsePicture(address)
      }),
    )
  })
})
