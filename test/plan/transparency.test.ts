import { describe, expect, it } from 'vitest'
import type { Branch, Layer, Step } from '../../src/plan/plan.ts'
import { transparencyOf } from '../../src/plan/transparency.ts'
import { CENTRE, placing } from './samples.ts'

const WHITE = { r: 255, g: 255, b: 255, alpha: 1 }
const VEIL = { r: 255, g: 255, b: 255, alpha: 0.5 }
const FLATTEN: Step = { kind: 'flatten', colour: WHITE }
const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const ROUND: Step = { kind: 'mask', radius: 'ellipse', softness: 0 }
const layer = (blend: Layer['blend']): Step => ({
  kind: 'layer',
  picture: { kind: 'solid', colour: WHITE, box: {} },
  steps: [ROUND],
  at: { kind: 'anchor', x: 0, y: 0 },
  blend,
})
const branch = (first: readonly Step[], otherwise: readonly Step[]): Branch => ({
  kind: 'branch',
  cases: [{ when: { left: { get: 'width' }, is: 'gt', right: 5 }, steps: first }],
  otherwise,
})
const padded = (colour: typeof WHITE) =>
  placing('inside', { width: 9, height: 9 }, { focus: CENTRE, surround: { kind: 'solid', colour } })

describe('what steps make of opacity', () => {
  it.each<[string, readonly Step[], ReturnType<typeof transparencyOf>]>([
    ['nothing', [], 'source'],
    ['sizes and turns', [{ kind: 'orient' }, placing('cover', { width: 9, height: 9 })], 'source'],
    ['a solid pad', [padded(WHITE)], 'source'],
    ['a pad that shines through', [padded(VEIL)], 'open'],
    [
      'a blurred pad',
      [placing('inside', { width: 9, height: 9 }, { surround: { kind: 'blurred', sigma: 'auto', brightness: 0 } })],
      'source',
    ],
    ['a quarter turn', [{ kind: 'rotate', degrees: 90 }], 'source'],
    ['an odd turn', [{ kind: 'rotate', degrees: 10 }], 'open'],
    ['an odd turn on white', [{ kind: 'rotate', degrees: 10, background: WHITE }], 'source'],
    ['round corners', [ROUND], 'open'],
    ['round corners on white', [ROUND, FLATTEN], 'opaque'],
    ['round corners after white', [FLATTEN, ROUND], 'open'],
    ['half opacity', [{ kind: 'effect', effect: { name: 'opacity', factor: 0.5 } }], 'open'],
    [
      'a shadow',
      [{ kind: 'draw', drawing: { name: 'shadow', blur: 1, strength: 1, x: 1, y: 1, colour: BLACK } }],
      'source',
    ],
    ['sepia', [{ kind: 'draw', drawing: { name: 'sepia', strength: 1 } }], 'source'],
    ['a vignette', [{ kind: 'draw', drawing: { name: 'vignette', strength: 0.1, falloff: 'linear' } }], 'open'],
    ['no vignette', [{ kind: 'draw', drawing: { name: 'vignette', strength: 0, falloff: 'linear' } }], 'source'],
    ['torn edges', [{ kind: 'draw', drawing: { name: 'torn-edges', least: 1, most: 2 } }], 'open'],
    ['an arc', [{ kind: 'draw', drawing: { name: 'arc', degrees: 20 } }], 'open'],
    ['a colour taken out', [{ kind: 'draw', drawing: { name: 'replace-colour', to: VEIL, tolerance: 5 } }], 'open'],
    ['a veiled border', [{ kind: 'border', width: 1, colour: VEIL }], 'open'],
    ['an exact trim', [{ kind: 'trim', rule: { kind: 'exact' } }], 'open'],
    ['a similar trim', [{ kind: 'trim', rule: { kind: 'similar', tolerance: 5 } }], 'source'],
    ['a round layer', [layer('over')], 'source'],
    ['a hole', [layer('punch-out')], 'open'],
    ['a cut-out', [layer('keep-under')], 'open'],
    ['a displacement', [layer({ kind: 'displace', x: 1, y: 1 })], 'source'],
    ['both ways white', [branch([FLATTEN], [FLATTEN])], 'opaque'],
    ['one way white', [branch([FLATTEN], [])], 'open'],
    ['one way round', [branch([ROUND], [])], 'open'],
  ])('%s', (_, steps, expected) => {
    expect(transparencyOf(steps)).toBe(expected)
  })
})
