import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createVault, equalSecrets, VaultError } from '../../src/catalog/vault.ts'

const OLD = Buffer.alloc(32, 1)
const NEW = Buffer.alloc(32, 2)

describe('the vault', () => {
  it('opens what it sealed, whatever the text', () => {
    const vault = createVault([OLD])
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, purpose) => {
        return vault.open(vault.seal(plain, purpose), purpose) === plain
      }),
    )
  })

  it('gives nothing of the text away, and never the same form twice', () => {
    const vault = createVault([OLD])
    const sealed = vault.seal('very-secret', 'keys/a/secret')
    expect(sealed).toMatch(/^v1\.[0-9a-f]{12}\.[\w-]{16}\.[\w-]{22}\.[\w-]+$/)
    expect(sealed).not.toContain('very-secret')
    expect(vault.seal('very-secret', 'keys/a/secret')).not.toBe(sealed)
  })

  it('opens a value only where it belongs', () => {
    const vault = createVault([OLD])
    const sealed = vault.seal('very-secret', 'keys/a/secret')
    expect(() => vault.open(sealed, 'keys/b/secret')).toThrow(VaultError)
  })

  it('refuses every changed character, and tells nothing of the text', () => {
    const vault = createVault([OLD])
    const sealed = vault.seal('very-secret', 'keys/a/secret')
    for (const index of sealed.split('').keys()) {
      const changed = sealed.slice(0, index) + (sealed[index] === 'A' ? 'B' : 'A') + sealed.slice(index + 1)
      // The last letter of a Base64 part holds bits that mean nothing; the bytes are what counts.
      if (bytesOf(changed) === bytesOf(sealed)) continue
      expect(() => vault.open(changed, 'keys/a/secret')).toThrow(VaultError)
    }
  })

  it.each(['', 'v1', 'v1.x.y', '....', 'v1....', 'v2.0.0.0.0', 'nonsense'])(
    'refuses the damaged value %j',
    (sealed) => {
      expect(() => createVault([OLD]).open(sealed, 'p')).toThrow(VaultError)
    },
  )

  it('refuses a tag that was cut short', () => {
    const vault = createVault([OLD])
    const parts = vault.seal('very-secret', 'p').split('.')
    const cut = parts.with(3, (parts[3] ?? '').slice(0, 6)).join('.')
    expect(() => vault.open(cut, 'p')).toThrow(VaultError)
  })

  it('names the missing master key when another one sealed the value', () => {
    const sealed = createVault([OLD]).seal('very-secret', 'p')
    const [oldId] = createVault([OLD]).keyIds
    expect(() => createVault([NEW]).open(sealed, 'p')).toThrow(`master key ${oldId}, which is not known here`)
  })

  it('seals with the first key and opens with every one', () => {
    const before = createVault([OLD]).seal('very-secret', 'p')
    const both = createVault([NEW, OLD])
    expect(both.open(before, 'p')).toBe('very-secret')
    expect(both.isCurrent(before)).toBe(false)
    const after = both.seal('very-secret', 'p')
    expect(both.isCurrent(after)).toBe(true)
    expect(createVault([NEW]).open(after, 'p')).toBe('very-secret')
  })

  it('finds a secret by an HMAC that depends on the master key, under each key that is known', () => {
    const [underOld] = createVault([OLD]).indexes('very-secret')
    const [underNew] = createVault([NEW]).indexes('very-secret')
    expect(underOld).not.toBe(underNew)
    expect(createVault([NEW, OLD]).indexes('very-secret')).toEqual([underNew, underOld])
    expect(createVault([OLD]).indexes('very-secreu')).not.toContain(underOld)
  })
})

describe('comparing secrets', () => {
  it.each([
    ['same', 'same', true],
    ['same', 'samf', false],
    ['same', 'same ', false],
    ['', '', true],
    ['ä', 'a', false],
  ])('%j and %j: %s', (left, right, equal) => {
    expect(equalSecrets(left, right)).toBe(equal)
  })
})

function bytesOf(sealed: string): string {
  const [version, id, ...parts] = sealed.split('.')
  return [version, id, ...parts.map((part) => Buffer.from(part, 'base64url').toString('hex'))].join('.')
}
