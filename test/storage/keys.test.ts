import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault } from '../../src/faults.ts'
import { checkKey, joinPrefix } from '../../src/storage/keys.ts'

describe('joining a prefix', () => {
  it.each([
    ['', 'a.png', 'a.png'],
    ['/', 'a.png', 'a.png'],
    ['prefix/another-prefix', 'images/hello.png', 'prefix/another-prefix/images/hello.png'],
    ['/prefix/', 'a', 'prefix/a'],
    ['p', '/a', 'p//a'],
    ['p', 'a//b/', 'p/a//b/'],
  ])('%j + %j = %j', (prefix, key, expected) => expect(joinPrefix(prefix, key)).toBe(expected))

  it.each(['..', 'a/../../b', '../other', './a', 'a/.', '', 'a\0b'])('refuses %j', (key) => {
    expect(() => joinPrefix('prefix', key)).toThrow(expect.objectContaining({ code: 'key-invalid' }))
  })

  it('counts bytes, not characters', () => {
    expect(checkKey('é'.repeat(512))).toHaveLength(512)
    expect(() => checkKey(`${'é'.repeat(512)}a`)).toThrow()
    expect(() => joinPrefix('p', 'a'.repeat(1023))).toThrow()
    expect(joinPrefix('p', 'a'.repeat(1022))).toHaveLength(1024)
  })

  it('never leaves the prefix, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\\', '%', 'a', '\0', '2e') }), (key) => {
        try {
          const joined = joinPrefix('base/', key)
          expect(joined.startsWith('base/')).toBe(true)
          expect(new URL(`http://h/${joined.split('/').map(encodeURIComponent).join('/')}`).pathname).toMatch(
            /^\/base\//,
          )
        } catch (error) {
          expect(isFault(error, 'key-invalid')).toBe(true)
        }
      }),
    )
  })
})
