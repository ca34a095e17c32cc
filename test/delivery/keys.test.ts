import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Delivery } from '../../src/delivery/delivery.ts'
import { answerKey, originalKey, sourceOf } from '../../src/delivery/keys.ts'
import { createNaming } from '../../src/delivery/names.ts'
import type { SourceRef } from '../../src/plan/plan.ts'
import { asIs, ask, picture, turned } from './room.ts'

const a = sourceOf('demo', picture('a'), '')
const key = (changes: Partial<{ version: string; plan: Delivery['plan']; offer: Delivery['offer'] }> = {}) =>
  answerKey({ source: a, version: changes.version ?? '"1"' }, changes.plan ?? turned(1), changes.offer ?? [], [])

describe('keys', () => {
  test('begin with project and source, readably', () => {
    expect(key()).toMatch(/^demo\nobject:bucket::a#\n/)
  })

  test('differ with version, plan and a usable offer', () => {
    const keys = [key(), key({ version: '"2"' }), key({ plan: turned(2) }), key({ offer: ['webp'] })]
    expect(new Set(keys).size).toBe(4)
    expect(key({ offer: ['avif'] })).toBe(key())
  })

  test('of untouched bytes are those of the original, whatever is offered', () => {
    expect(key({ plan: asIs, offer: ['webp'] })).toBe(originalKey(a, '"1"'))
  })

  test('differ for any two sources, and none is the prefix of another', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 })
    const ref: fc.Arbitrary<Extract<SourceRef, { kind: 'object' }>> = fc.record({
      kind: fc.constant('object' as const),
      connection: text,
      key: text,
    })
    fc.assert(
      fc.property(ref, ref, (one, other) => {
        const [first, second] = [sourceOf('demo', one, ''), sourceOf('demo', other, '')]
        const same = one.connection === other.connection && one.key === other.key
        expect(first.key === second.key).toBe(same)
        if (!same) expect(second.key.startsWith(first.base)).toBe(false)
      }),
    )
  })
})

describe('names of a delivery', () => {
  test('are made once for an object that comes again, and anew when a connection was edited', () => {
    let revision = 1
    const naming = createNaming(() => String(revision))
    const wish = ask('a')
    const first = naming.of(wish)
    expect(naming.of(wish)).toBe(first)
    revision = 2
    expect(naming.of(wish).candidates[0]?.identity).toBe('2')
  })

  test('give the key of the version asked for', () => {
    const names = createNaming(() => '').of(ask('a', { plan: turned(1) }))
    const [main] = names.candidates
    if (!main) throw new Error('a delivery has a source')
    expect(names.keyOf(main, '"1"', [])).toBe(key())
    expect(names.keyOf(main, '"2"', [])).toBe(key({ version: '"2"' }))
    expect(names.keyOf(main, '"1"', [])).toBe(key())
  })
})
