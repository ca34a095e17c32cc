import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Account, resolveSource } from '../../../src/dialects/pixboost/source.ts'
import { CONNECTIONS, connectionOf } from './account.ts'

const account: Account = {
  connections: [...CONNECTIONS, connectionOf('cdn', { provider: 'folder', path: './pictures' })],
  allowedHosts: ['www.midday.coffee', 'cdn.example.com', '.pixboost.com', 'ported.test:8080'],
}
const resolve = (text: string, scheme: 'http' | 'https' = 'https') => resolveSource(text, account, scheme)
const urlOf = (text: string, scheme?: 'http' | 'https') => {
  const resolved = resolve(text, scheme)
  return resolved.kind === 'source' && resolved.ref.kind === 'url' ? resolved.ref.url : resolved
}
const objectOf = (text: string) => {
  const resolved = resolve(text)
  return resolved.kind === 'source' && resolved.ref.kind === 'object'
    ? [resolved.ref.connection, resolved.ref.key]
    : resolved
}

describe('an absolute URL is that URL', () => {
  it.each([
    ['http://www.midday.coffee/assets/cup.jpeg', 'http://www.midday.coffee/assets/cup.jpeg'],
    ['https://WWW.Midday.Coffee/a', 'https://www.midday.coffee/a'],
    ['HTTPS://cdn.example.com/a', 'https://cdn.example.com/a'],
    ['http://cdn.example.com:8080/a?b=c&d', 'http://cdn.example.com:8080/a?b=c&d'],
    ['http://cdn.example.com/a b.jpg', 'http://cdn.example.com/a%20b.jpg'],
    ['http://cdn.example.com/a%20b.jpg', 'http://cdn.example.com/a%20b.jpg'],
    ['http://cdn.example.com/a+b.jpg', 'http://cdn.example.com/a+b.jpg'],
    ['http://cdn.example.com/a.jpg#top/x', 'http://cdn.example.com/a.jpg'],
    ['http://cdn.example.com/café.jpg', 'http://cdn.example.com/caf%C3%A9.jpg'],
  ])('%s', (text, url) => {
    expect(urlOf(text)).toBe(url)
  })

  it('carries the allowed hosts along, so that redirects stay inside', () => {
    expect(resolve('http://cdn.example.com/a')).toMatchObject({ ref: { hosts: account.allowedHosts } })
  })
})

describe('a protocol-relative URL takes the scheme of the request', () => {
  it('//host/path', () => {
    expect(urlOf('//cdn.example.com/a_1950x.jpg?v=1', 'https')).toBe('https://cdn.example.com/a_1950x.jpg?v=1')
    expect(urlOf('//cdn.example.com/a', 'http')).toBe('http://cdn.example.com/a')
  })
})

describe('the first segment may be an alias of the account', () => {
  it.each([
    ['bucket/images/hello.png', ['bucket', 'images/hello.png']],
    ['bucket/a b+c?d#e%20é.png', ['bucket', 'a b+c?d#e%20é.png']],
    ['bucket//a.png', ['bucket', '/a.png']],
    ['assets/cups/a.jpg?v=1', ['assets', 'cups/a.jpg?v=1']],
    ['cdn/a.jpg', ['cdn', 'a.jpg']],
  ])('%s', (text, expected) => {
    expect(objectOf(text)).toEqual(expected)
  })

  it('without anything behind it is an empty source', () => {
    for (const text of ['bucket', 'bucket/', 'assets/', 'assets/?v=1', 'assets/#a', '']) {
      expect(resolve(text).kind).toBe('empty')
    }
  })

  it('dot segments behind it are refused, also encoded ones on the web', () => {
    for (const text of [
      'bucket/../a',
      'bucket/a/./b',
      'bucket/..',
      'assets/a/../../b',
      'assets/%2e%2E/a',
      'assets/..\\a',
      'assets/x%2f../a',
    ]) {
      expect(resolve(text).kind).toBe('dot-segment')
    }
    expect(objectOf('bucket/a..b/...png')).toEqual(['bucket', 'a..b/...png'])
    expect(objectOf('assets/a?b=../c')).toEqual(['assets', 'a?b=../c'])
  })

  it('is case-sensitive, and must be readable', () => {
    expect(resolve('Bucket/a').kind).toBe('unknown')
    expect(resolve('hidden/a').kind).toBe('unknown')
  })
})

describe('a first segment with a dot is a host', () => {
  it('fetched over http', () => {
    expect(urlOf('cdn.example.com/a.jpg', 'https')).toBe('http://cdn.example.com/a.jpg')
  })
})

describe('anything else is no source', () => {
  it.each(['nothing/a.jpg', 'localhost/a', 'http:/cdn.example.com/a', ' bucket/a', 'buck%65t/a', '#../a', 'a b.c/d'])(
    '%s',
    (text) => {
      expect(resolve(text).kind).toBe('unknown')
    },
  )

  it.each([
    'ftp://cdn.example.com/a',
    'file:///etc/passwd',
    'http://',
    'http:///a',
    'http://a b/c',
    'http://[::1/a',
    '//',
  ])('a bad URL or another scheme: %s', (text) => {
    expect(resolve(text).kind).toBe('bad-url')
  })
})

describe('the host must be allowed', () => {
  it.each([
    ['http://img.pixboost.com/a', true],
    ['http://a.b.PIXBOOST.com/a', true],
    ['http://pixboost.com/a', false],
    ['http://evilpixboost.com/a', false],
    ['http://www.midday.coffee.evil.test/a', false],
    ['http://sub.www.midday.coffee/a', false],
    ['http://www.midday.coffee@evil.test/a', false],
    ['http://evil.test#www.midday.coffee/a', false],
    ['http://evil.test\\@www.midday.coffee/a', false],
    ['http://ported.test:8080/a', true],
    ['http://ported.test/a', false],
    ['//evil.test/a', false],
    ['evil.test/a', false],
  ])('%s: %s', (text, allowed) => {
    expect(resolve(text).kind).toBe(allowed ? 'source' : text.includes('\\') ? 'bad-url' : 'host-refused')
  })

  it('no host is allowed by an empty list, every one where there is no list', () => {
    expect(resolveSource('http://a.test/b', { connections: [], allowedHosts: [] }, 'http').kind).toBe('host-refused')
    expect(resolveSource('http://a.test/b', { connections: [], allowedHosts: undefined }, 'http').kind).toBe('source')
  })
})

describe('any text', () => {
  it('resolves without an error, and every URL that comes out has an allowed host', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc
        .tuple(
          fc.constantFrom('http://', '//', '', 'assets/', 'bucket/', 'https:', 'http:\\\\'),
          fc.string({
            unit: fc.constantFrom(
              '.',
              '/',
              '\\',
              '@',
              ':',
              '#',
              '?',
              '%2e',
              'a',
              'cdn.example.com',
              '[',
              ' ',
              '\n',
              '\0',
            ),
          }),
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const resolved = resolve(text.toWellFormed())
        if (resolved.kind !== 'source' || resolved.ref.kind !== 'url') return
        expect(new URL(resolved.ref.url).hostname).toMatch(
          /^(www\.midday\.coffee|cdn\.example\.com|.+\.pixboost\.com|ported\.test)\.?$/,
        )
      }),
      { numRuns: 500 },
    )
  })
})
