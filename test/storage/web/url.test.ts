import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault } from '../../../src/faults.ts'
import { hostAllowed } from '../../../src/storage/web/hosts.ts'
import { keyUrl } from '../../../src/storage/web/url.ts'

describe('a key below a base means the URL (pixboost §2, §12)', () => {
  const base = 'http://www.midday.coffee/assets'
  it.each([
    ['cups/a.jpg', '/assets/cups/a.jpg'],
    ['a.jpg?v=1&w=a b', '/assets/a.jpg?v=1&w=a%20b'],
    ['a b.jpg', '/assets/a%20b.jpg'],
    ['a.jpg#part', '/assets/a.jpg'],
    ['a.jpg?x=1#part', '/assets/a.jpg?x=1'],
    ['a%20b.jpg', '/assets/a%20b.jpg'],
    ['a%2520b.jpg', '/assets/a%2520b.jpg'],
    ['100%.jpg', '/assets/100%25.jpg'],
    ['50%zz.jpg', '/assets/50%25zz.jpg'],
    ['a+b.jpg', '/assets/a+b.jpg'],
    ['ü/漢字/😀.png', '/assets/%C3%BC/%E6%BC%A2%E5%AD%97/%F0%9F%98%80.png'],
    ['a\\b', '/assets/a%5Cb'],
    ['a\tb\nc', '/assets/a%09b%0Ac'],
    ['a"<>^`{|}.png', '/assets/a%22%3C%3E%5E%60%7B%7C%7D.png'],
    ["it's(1)!*;:@&=$,~.png", "/assets/it's(1)!*;:@&=$,~.png"],
    ['//double//slash', '/assets///double//slash'],
    ['http://other.example/x', '/assets/http://other.example/x'],
    ['a?next=../b', '/assets/a?next=../b'],
  ])('%j → %s', (key, expected) => {
    const url = keyUrl(key, base)
    expect(url.host).toBe('www.midday.coffee')
    expect(url.pathname + url.search).toBe(expected)
  })

  it('does not double the slash of the base', () => {
    expect(keyUrl('a', 'http://h/base/').href).toBe('http://h/base/a')
  })

  it.each([
    '../a',
    'a/../b',
    'a/./b',
    '..',
    '%2e%2e/a',
    '.%2E/a',
    'a/%2e',
    '..%2fa',
    '..%5Ca',
    '..\\a',
    'a\\..\\b',
    '',
    '?a',
    '#',
    'a\0',
  ])('refuses %j', (key) => expect(() => keyUrl(key, base)).toThrow(expect.objectContaining({ code: 'key-invalid' })))

  it('never leaves the base, whatever the key', () => {
    const pieces = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%5c',
      '%',
      '@',
      ':',
      '?',
      '#',
      'a',
      '\t',
      ' ',
      '//',
      'é',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        try {
          const url = keyUrl(parts.join(''), base)
          expect(url.origin).toBe('http://www.midday.coffee')
          expect(url.pathname.startsWith('/assets/')).toBe(true)
          expect(url.hash).toBe('')
        } catch (error) {
          expect(isFault(error, 'key-invalid')).toBe(true)
        }
      }),
    )
  })
})

describe('a key without a base is an absolute URL', () => {
  it.each([
    ['http://h/p', 'http://h/p'],
    ['https://H.Example:8443/a b?c=d e#f', 'https://h.example:8443/a%20b?c=d%20e'],
    ['http://h', 'http://h/'],
    ['http://h?q', 'http://h/?q'],
    ['http://h/a%20b%2Fc.jpg', 'http://h/a%20b%2Fc.jpg'],
    ['HTTP://h/p', 'http://h/p'],
    ['http://bücher.example/ü', 'http://xn--bcher-kva.example/%C3%BC'],
    ['http://user:pa%20ss@h/p', 'http://user:pa%20ss@h/p'],
  ])('%s', (key, expected) => expect(keyUrl(key).href).toBe(expected))

  it.each([
    'ftp://h/p',
    'file:///etc/passwd',
    'data:,x',
    '//h/p',
    'h/p',
    'http:/h',
    'http://',
    'http:///p',
    'http://h:99999/',
    `http://h/${'a'.repeat(9000)}`,
  ])('refuses %s', (key) => expect(() => keyUrl(key)).toThrow(expect.objectContaining({ code: 'key-invalid' })))
})

describe('a host is allowed (pixboost §3)', () => {
  it.each<[string, string[], boolean]>([
    ['http://i.example.com/', ['i.example.com'], true],
    ['http://I.Example.COM/', ['i.example.com'], true],
    ['http://i.example.com/', ['I.EXAMPLE.com'], true],
    ['http://i.example.com./', ['i.example.com'], true],
    ['http://i.example.com:8080/', ['i.example.com'], true],
    ['http://i.example.com:8080/', ['i.example.com:8080'], true],
    ['http://i.example.com:8081/', ['i.example.com:8080'], false],
    ['https://i.example.com/', ['i.example.com:443'], true],
    ['http://i.example.com/', ['i.example.com:443'], false],
    ['http://a.example.org/', ['.example.org'], true],
    ['http://a.b.example.org:81/', ['.example.org'], true],
    ['http://a.example.org:81/', ['.example.org:82'], false],
    ['http://example.org/', ['.example.org'], false],
    ['http://badexample.org/', ['.example.org'], false],
    ['http://example.org.evil/', ['.example.org', 'example.org'], false],
    ['http://x.i.example.com/', ['i.example.com'], false],
    ['http://i.example.com@evil/', ['i.example.com'], false],
    ['http://bücher.example/', ['bücher.example'], true],
    ['http://[2606:4700::1]:81/', ['[2606:4700::1]'], true],
    ['http://h/', [], false],
    ['http://h/', ['', '.', 'http://h', 'h/p', '*'], false],
  ])('%s in %j: %s', (url, allowed, expected) => expect(hostAllowed(new URL(url), allowed)).toBe(expected))
})
