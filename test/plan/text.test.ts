import { describe, expect, it } from 'vitest'
import { isFault } from '../../src/faults.ts'
import { drawnCanvas } from '../../src/plan/layers.ts'
import { normalForm } from '../../src/plan/normal-form.ts'
import type { Layer, TextPicture } from '../../src/plan/plan.ts'
import { sourcesOf } from '../../src/plan/sources.ts'
import { resolveText } from '../../src/plan/text.ts'
import { LIMITS, plan } from './samples.ts'

const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const BASE = { width: 400, height: 300 }
const text = (changes: Partial<TextPicture> = {}): TextPicture => ({
  text: 'Hello',
  font: { family: 'Open Sans' },
  size: 45,
  colour: BLACK,
  align: 'centre',
  padding: [0, 0, 0, 0],
  bold: false,
  italic: false,
  strikethrough: false,
  radius: [0, 0, 0, 0],
  alpha: 1,
  ...changes,
})
const layer = (changes: Partial<TextPicture> = {}): Layer => ({
  kind: 'layer',
  picture: { kind: 'text', ...text(changes) },
  steps: [],
  at: { kind: 'anchor', x: 0.5, y: 0.5 },
  blend: 'over',
})

describe('the lengths of a text (imagekit §5.1, §6.5)', () => {
  it('are evaluated on the picture below and rounded', () => {
    const resolved = resolveText(
      text({
        size: { op: 'div', left: { get: 'baseHeight' }, right: 7 },
        width: { op: 'mul', left: { get: 'baseWidth' }, right: 0.5 },
        lineHeight: 50.4,
        padding: [1, 2.5, { get: 'baseRatio' }, 4],
      }),
      BASE,
    )
    expect(resolved).toMatchObject({ size: 43, width: 200, lineHeight: 50, padding: [1, 3, 1, 4] })
  })

  it.each<[string, Partial<TextPicture>]>([
    ['no size', { size: 0 }],
    ['a size beyond the limit', { size: 16_384 }],
    ['a width of nothing', { width: 0 }],
    ['a width beyond the limit', { width: 16_384 }],
    ['padding below nothing', { padding: [0, 0, -1, 0] }],
    ['a variable of the text itself', { size: { get: 'width' } }],
    ['the original’s width', { size: { get: 'initialWidth' } }],
    ['too many letters', { text: 'é'.repeat(2501) }],
  ])('cannot be %s', (_, changes) => {
    expect(() => resolveText(text(changes), BASE)).toThrow(
      expect.toSatisfy((error: unknown) => isFault(error, 'bad-parameter')),
    )
  })

  it('are folded in normal form', () => {
    const sum = { op: 'add', left: 40, right: 5 } as const
    expect(normalForm(plan([layer({ size: sum, padding: [sum, 0, 0, 0] })]))).toEqual(
      normalForm(plan([layer({ size: 45, padding: [45, 0, 0, 0] })])),
    )
  })
})

describe('the sources of a text', () => {
  const file = { kind: 'object', connection: 'c', key: 'fonts/a.ttf' } as const

  it('are its font file, when it has one', () => {
    expect(sourcesOf(plan([layer({ font: { file } }), layer()]))).toEqual([file])
  })
})

describe('a drawn layer', () => {
  const solid = (width: number, height: number) => ({ kind: 'solid', colour: BLACK, box: { width, height } }) as const

  it('has its base’s sides where it has none of its own', () => {
    expect(drawnCanvas({ kind: 'solid', colour: BLACK, box: { width: 20 } }, BASE, LIMITS)).toEqual({
      width: 20,
      height: 300,
    })
  })

  it('is refused above the limits', () => {
    expect(() => drawnCanvas(solid(60_000, 60_000), BASE, LIMITS)).toThrow(
      expect.toSatisfy((error: unknown) => isFault(error, 'too-large')),
    )
  })
})
