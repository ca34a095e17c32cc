import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTarget, printTarget, type Target } from '../../../src/dialects/imagekit/target.ts'
import { isFault } from '../../../src/faults.ts'

const target = (asset: string, more: Partial<Target> = {}): Target => ({
  asset,
  chain: '',
  thumbnail: false,
  originQuery: '',
  ...more,
})

describe('the forms of a delivery URL (§2.1)', () => {
  it.each<[string, Target]>([
    ['a/b.jpg', target('a/b.jpg')],
    ['tr:w-300,h-300/a/b.jpg', target('a/b.jpg', { chain: 'w-300,h-300' })],
    ['img/tr:w-200/girl.jpeg', target('img/girl.jpeg', { chain: 'w-200' })],
    ['a/b.jpg?tr=w-300,h-300', target('a/b.jpg', { chain: 'w-300,h-300' })],
    ['a/b.jpg?tr=h-300%2Cw-400%3Art-90', target('a/b.jpg', { chain: 'h-300,w-400:rt-90' })],
    ['tr:w-400,h-300:rt-90/b.jpg', target('b.jpg', { chain: 'w-400,h-300:rt-90' })],
    ['tr:w-400/b.jpg?tr=rt-90', target('b.jpg', { chain: 'w-400:rt-90' })],
    ['b.jpg?tr=', target('b.jpg')],
    ['ik-seo/path/old/new-name.jpg', target('path/old.jpg')],
    ['tr:w-50/ik-seo/path/old/new-name.jpg', target('path/old.jpg', { chain: 'w-50' })],
    ['layout.psd/ik-thumbnail.jpg?tr=pg-2', target('layout.psd', { chain: 'pg-2', thumbnail: true })],
    ['https://www.example.com/a.jpg', target('https://www.example.com/a.jpg')],
    ['https:/www.example.com/a.jpg', target('https://www.example.com/a.jpg')],
    ['https%3A%2F%2Fwww.example.com%2Fa.jpg', target('https://www.example.com/a.jpg')],
    [
      'tr:w-100/https://www.example.com/a//b.jpg?x=1',
      target('https://www.example.com/a//b.jpg', { chain: 'w-100', originQuery: 'x=1' }),
    ],
    ['a//b///c.jpg', target('a/b/c.jpg')],
    ['image+example.jpg', target('image+example.jpg')],
    ['caf%C3%A9/a%20b.jpg', target('café/a b.jpg')],
    ['tr:l-image,ie-YS9iLnBuZw%3D%3D,l-end/a.jpg', target('a.jpg', { chain: 'l-image,ie-YS9iLnBuZw==,l-end' })],
    ['tr:l-text,ie-SGk%2FSG8%3D,l-end/a.jpg', target('a.jpg', { chain: 'l-text,ie-SGk/SG8=,l-end' })],
    ['a.jpg?tr=l-text,i-hello+world,l-end', target('a.jpg', { chain: 'l-text,i-hello world,l-end' })],
    [
      'a.jpg?alt=media&token=a%2Fb&ik-sdk-version=1&tr=w-1&ik-t=1&ik-s=abc',
      target('a.jpg', { chain: 'w-1', originQuery: 'alt=media&token=a%2Fb' }),
    ],
    ['x/a.jpg?ik-attachment=true', target('x/a.jpg', { attachment: 'a.jpg' })],
    ['x/a.jpg?ik-attachment=true&ik-attachment-filename=my+cat', target('x/a.jpg', { attachment: 'my cat.jpg' })],
    ['x/a.jpg?ik-attachment=false', target('x/a.jpg')],
  ])('%s', (rest, expected) => expect(parseTarget(rest)).toEqual(expected))

  it.each(['tr:/a.jpg', '%ZZ/a.jpg', 'a.jpg?tr=%ZZ', '%E9.jpg'])('refuses %s', (rest) => {
    expect(() => parseTarget(rest)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
  it.each(['', '/', 'tr:w-1', 'tr:w-1/', '?tr=w-1', 'ik-seo/a.jpg', 'ik-seo/a/b'])('finds no file in %s', (rest) => {
    expect(() => parseTarget(rest)).toThrow(expect.objectContaining({ code: 'not-found' }))
  })
})

describe('properties', () => {
  const segment = fc
    .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
    .filter((text) => text.isWellFormed() && !/^(tr:|https?:|ik-)/i.test(text) && !text.includes('/'))
  const targets = fc
    .record({
      folders: fc.array(segment, { maxLength: 3 }),
      stem: segment,
      chain: fc.constantFrom('', 'w-1', 'w-1,h-2:rt-90', 'l-text,i-50% &/ü,l-end'),
      thumbnail: fc.boolean(),
      attachment: fc.option(fc.stringMatching(/^[a-z ü&]{1,6}$/), { nil: undefined }),
      originQuery: fc.constantFrom('', 'a=1', 'a=1&b=%2F'),
    })
    .map(({ folders, stem, chain, thumbnail, attachment, originQuery }): Target => {
      const named = attachment === undefined ? {} : { attachment: `${attachment}.jpg` }
      return { asset: [...folders, `${stem}.jpg`].join('/'), chain, thumbnail, originQuery, ...named }
    })

  it('what was printed is read back as it was', () => {
    fc.assert(
      fc.property(targets, (value) => {
        expect(parseTarget(printTarget(value))).toEqual(value)
      }),
    )
  })

  it('any text ends in a target or a Fault', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webPath(), fc.webUrl({ withQueryParameters: true })), (text) => {
        try {
          parseTarget(text)
        } catch (error) {
          if (!isFault(error)) throw error
        }
      }),
    )
  })
})
