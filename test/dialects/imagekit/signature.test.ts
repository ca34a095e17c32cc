import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judge, sign, signed } from '../../../src/dialects/imagekit/signature.ts'

const KEY = 'private_test_key'
const NOW = Date.UTC(2026, 0, 1)

describe('the worked vectors of the contract (§11.2)', () => {
  it.each([
    ['sample/photo.jpg', undefined, '7006554144cffe98346ab8d39ca8e5a3bce0575a'],
    ['tr:w-400,h-300/sample/photo.jpg?v=123', 1893456000, '7c639e71045e74363232c4ee3662684ce5043d07'],
    ['sample/photo.jpg?tr=w-400,h-300', undefined, 'c87246eac99463e7b56065822089ccf49dc42bb5'],
    ['sample/photo.jpg?tr=w-400%2Ch-300', undefined, '4b889b3215bdc612149e7786a9d2935e0643c8ca'],
    ['caf%C3%A9/a%20b.jpg', undefined, 'cc1b226be0323cccc0aef60392d912f5b4b77aac'],
    ['https%3A%2F%2Fexample.com%2Fimage.jpg', undefined, '6b5c4ef6b7b88507f086a91f3f98b4dda4220eab'],
  ])('%s, expiry %s', (rest, expiry, signature) => {
    expect(sign(rest, String(expiry ?? 9999999999), KEY)).toBe(signature)
    expect(judge(signed(rest, KEY, expiry), KEY, NOW)).toBe('valid')
  })

  it('the vector of the official clients', () => {
    const rest = 'sdk-testing-files/future-search.png?version=2.0&tr=w-300,h-200'
    expect(sign(rest, '9999999999', 'dummy-key')).toBe('601d97a7834b7554f4dabf0d3fc3a219ceeb6b31')
  })

  it('the whole URL of the second row', () => {
    expect(signed('tr:w-400,h-300/sample/photo.jpg?v=123', KEY, 1893456000)).toBe(
      'tr:w-400,h-300/sample/photo.jpg?v=123&ik-t=1893456000&ik-s=7c639e71045e74363232c4ee3662684ce5043d07',
    )
  })
})

describe('judging a URL', () => {
  const rest = 'sample/photo.jpg?v=1'
  it('is unsigned without a signature, also with an expiry alone', () => {
    expect(judge(rest, KEY, NOW)).toBe('unsigned')
    expect(judge(`${rest}&ik-t=5`, KEY, NOW)).toBe('unsigned')
  })

  it('finds the pairs wherever they stand in the query', () => {
    const signature = sign('a.jpg?x=1&y=2', '1893456000', KEY)
    expect(judge(`a.jpg?ik-s=${signature}&x=1&ik-t=1893456000&y=2`, KEY, NOW)).toBe('valid')
  })

  it('refuses a changed path, query, expiry, or an expiry taken away', () => {
    const url = signed(rest, KEY, 1893456000)
    for (const changed of [
      url.replace('photo', 'other'),
      url.replace('v=1', 'v=2'),
      url.replace('1893456000', '1893456001'),
      url.replace('ik-t=1893456000&', ''),
      `${url}0`,
    ]) {
      expect(judge(changed, KEY, NOW)).toBe('invalid')
    }
  })

  it('is expired after its second, and not before', () => {
    const url = signed(rest, KEY, 1000)
    expect(judge(url, KEY, 1_000_000)).toBe('valid')
    expect(judge(url, KEY, 1_000_001)).toBe('expired')
  })

  it('refuses an expiry that is not a number even when it was signed', () => {
    const signature = sign(rest, 'soon', KEY)
    expect(judge(`${rest}&ik-t=soon&ik-s=${signature}`, KEY, NOW)).toBe('expired')
  })

  it('takes a signature made over the encoded spelling of a raw path', () => {
    const signature = sign('caf%C3%A9.jpg', '9999999999', KEY)
    expect(judge(`café.jpg?ik-s=${signature}`, KEY, NOW)).toBe('valid')
  })

  it('never throws, and accepts what it signed itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.nat()), (text, expiry) => {
        const plain = text.replace(/[?&#]/g, '')
        expect(judge(text, KEY, NOW)).toMatch(/unsigned|invalid|valid|expired/)
        expect(judge(signed(plain, KEY, expiry ?? undefined), KEY, 0)).toBe('valid')
      }),
    )
  })
})
