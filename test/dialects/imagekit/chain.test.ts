import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Chain,
  type Item,
  isWhollyNamed,
  MAX_STEPS,
  parseChain,
  printChain,
} from '../../../src/dialects/imagekit/chain.ts'
import { isFault } from '../../../src/faults.ts'

const param = (key: string, value: string | null): Item => ({ kind: 'param', key, value })

describe('reading a transformation string', () => {
  it.each<[string, Chain]>([
    ['', []],
    ['w-300,h-200', [[param('w', '300'), param('h', '200')]]],
    ['w-400,h-300:rt-90', [[param('w', '400'), param('h', '300')], [param('rt', '90')]]],
    ['e-grayscale', [[param('e-grayscale', null)]]],
    ['e-shadow-bl-15_st-40_x-10_y-N5', [[param('e-shadow', 'bl-15_st-40_x-10_y-N5')]]],
    ['cr-FF0000_30_0000FF', [[param('cr', 'FF0000_30_0000FF')]]],
    ['bg-', [[param('bg', '')]]],
    [
      'w-400,l-image,i-logo.png,w-100:rt-90,l-end,bl-2',
      [
        [
          param('w', '400'),
          { kind: 'layer', type: 'image', steps: [[param('i', 'logo.png'), param('w', '100')], [param('rt', '90')]] },
          param('bl', '2'),
        ],
      ],
    ],
    [
      'l-image,i-a.png,l-text,i-hi,l-end,l-end',
      [
        [
          {
            kind: 'layer',
            type: 'image',
            steps: [[param('i', 'a.png'), { kind: 'layer', type: 'text', steps: [[param('i', 'hi')]] }]],
          },
        ],
      ],
    ],
    [
      'if-ar_gt_1,w-400:rt-90,if-else,w-200,if-end:bl-1',
      [
        [
          {
            kind: 'if',
            condition: 'ar_gt_1',
            chain: [[param('w', '400')], [param('rt', '90')]],
            otherwise: [[param('w', '200')]],
          },
        ],
        [param('bl', '1')],
      ],
    ],
  ])('%s', (text, chain) => {
    expect(parseChain(text)).toEqual(chain)
  })

  it.each([
    ',',
    'w-1,',
    ':w-1',
    'w-1::h-1',
    'l-image,i-a',
    'l-end',
    'w-1,if-end',
    'if-w_gt_1,w-2,if-else,l-end',
    'if-w_gt_1,if-end',
    'if-w_gt_1,w-1,if-else,if-end',
  ])('refuses %s', (text) => {
    expect(() => parseChain(text)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })

  it('refuses blocks nested without end', () => {
    const deep = `${'l-image,i-a,'.repeat(500)}w-1${',l-end'.repeat(500)}`
    expect(() => parseChain(deep)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
})

describe('named transformations', () => {
  const stored: Record<string, string> = {
    thumb: 'tr:w-50,h-50',
    turned: 'w-400:rt-90',
    nested: 'n-turned,q-50',
    loop: 'n-pool',
    pool: 'w-1:n-loop',
    empty: 'tr:',
  }
  const names = (name: string) => stored[name]

  it.each([
    ['n-thumb', 'w-50,h-50'],
    ['bl-3,n-turned,q-50', 'bl-3,w-400:rt-90,q-50'],
    ['w-1:n-nested:h-2', 'w-1:w-400:rt-90,q-50:h-2'],
    ['n-thumb:n-turned', 'w-50,h-50:w-400:rt-90'],
    ['l-image,i-a,n-thumb,l-end', 'l-image,i-a,w-50,h-50,l-end'],
  ])('%s is written out as %s', (text, expanded) => {
    expect(printChain(parseChain(text, names))).toBe(expanded)
  })

  it.each(['n-nothing', 'n-loop', 'n-empty', 'n-'])('refuses %s', (text) => {
    expect(() => parseChain(text, names)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })

  it('stops a name that doubles itself at every level once the steps are used up', () => {
    const doubling = (name: string) => {
      const level = Number(name)
      return level > 60 ? 'w-1' : `n-${level + 1}:n-${level + 1}`
    }
    const effort = { items: 0, steps: 0 }
    expect(() => parseChain('n-0', doubling, effort)).toThrow(/at most 2000 steps/)
    expect(effort.steps).toBeLessThanOrEqual(MAX_STEPS + 1)
  })

  it.each([
    ['n-a', true],
    ['n-a:n-b', true],
    ['n-a,n-b', true],
    ['n-a,w-1', false],
    ['n-', false],
    ['', false],
  ])('whether %s holds names only: %s', (text, named) => {
    expect(isWhollyNamed(text)).toBe(named)
  })
})

describe('properties', () => {
  const word = fc.stringMatching(/^[a-z]{1,4}$/).filter((key) => !['l', 'if', 'n', 'e'].includes(key))
  const value = fc.stringMatching(/^[A-Za-z0-9_.@%-]{0,12}$/)
  const params = fc.oneof(
    fc.record({ kind: fc.constant('param' as const), key: word, value: fc.oneof(value, fc.constant(null)) }),
    fc.record({
      kind: fc.constant('param' as const),
      key: word.map((name) => `e-${name}`),
      value: fc.oneof(value, fc.constant(null)),
    }),
  )
  const { chain } = fc.letrec<{ chain: Chain; item: Item }>((tie) => ({
    chain: fc.array(fc.array(tie('item'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    item: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      params,
      fc.record({ kind: fc.constant('layer' as const), type: word, steps: tie('chain') }),
      fc.record({ kind: fc.constant('if' as const), condition: value, chain: tie('chain') }),
      fc.record({ kind: fc.constant('if' as const), condition: value, chain: tie('chain'), otherwise: tie('chain') }),
    ),
  }))

  it('what was printed is read back as it was', () => {
    fc.assert(
      fc.property(chain, (tree) => {
        expect(parseChain(printChain(tree))).toEqual(tree)
      }),
    )
  })

  it('any text ends in a Fault or in a chain that reads the same when printed', () => {
    const texts = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom('l-image', 'l-end', 'if-w_gt_1', 'if-else', 'if-end', 'w-1', ',', ':', ',', 'n-a', 'e-x-1'),
          { maxLength: 40 },
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const tree = parseChain(text)
          expect(parseChain(printChain(tree))).toEqual(tree)
        } catch (error) {
          if (!isFault(error, 'bad-parameter')) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('reads in steps proportional to the text', () => {
    for (const n of [10, 100, 1000]) {
      const effort = { items: 0, steps: 0 }
      parseChain(Array.from({ length: n }, () => 'w-1,h-1').join(':'), undefined, effort)
      expect(effort).toEqual({ items: 2 * n, steps: n })
    }
  })
})
