import { describe, expect, test } from 'vitest'
import { layerCanvas, placeLayer, resolveLayer } from '../../src/plan/layers.ts'
import type { LayerPicture, Offset, Placement } from '../../src/plan/plan.ts'
import { LIMITS, placing, sides } from './samples.ts'

const edge = (value: Offset['value'], changes: Partial<Offset> = {}): Offset => ({
  value,
  fromEnd: false,
  of: 'edge',
  ...changes,
})
const CENTRED: Placement = { kind: 'offset' }

describe('where a layer lies', () => {
  test.each<[string, Placement, string, string, object]>([
    // imagekit §6.2
    ['centred', CENTRED, '120x120', '400x300', { left: 140, top: 90 }],
    ['centred', CENTRED, '300x100', '400x200', { left: 50, top: 50 }],
    ['centred rounds down', CENTRED, '11x10', '20x21', { left: 4, top: 5 }],
    [
      'an offset from the top left',
      { kind: 'offset', x: edge(10), y: edge(20) },
      '50x50',
      '400x300',
      { left: 10, top: 20 },
    ],
    ['one axis, the other is centred', { kind: 'offset', x: edge(10) }, '50x50', '400x300', { left: 10, top: 125 }],
    [
      'from the far edge',
      { kind: 'offset', x: edge(35, { fromEnd: true }), y: edge(0, { fromEnd: true }) },
      '50x50',
      '400x300',
      { left: 315, top: 250 },
    ],
    [
      'too far out is moved inside',
      { kind: 'offset', x: edge(390), y: edge(-7) },
      '50x50',
      '400x300',
      { left: 350, top: 0 },
    ],
    [
      'too far from the far edge',
      { kind: 'offset', x: edge(999, { fromEnd: true }), y: edge(0) },
      '50x50',
      '400x300',
      { left: 0, top: 0 },
    ],
    [
      'by its centre',
      { kind: 'offset', x: edge(100, { of: 'centre' }), y: edge(31, { of: 'centre' }) },
      '50x51',
      '400x300',
      { left: 75, top: 5 },
    ],
    [
      'by its centre from the far edge',
      { kind: 'offset', x: edge(100, { of: 'centre', fromEnd: true }), y: edge(0) },
      '50x50',
      '400x300',
      { left: 275, top: 0 },
    ],
    [
      'counted from the middle of the base',
      { kind: 'offset', x: edge(10, { from: 0.5 }), y: edge(-20, { from: 1 }) },
      '20x20',
      '401x300',
      { left: 210, top: 280 },
    ],
    [
      'an expression over both sizes',
      { kind: 'offset', x: edge({ op: 'sub', left: { get: 'baseWidth' }, right: { get: 'width' } }), y: edge(0) },
      '50x50',
      '400x300',
      { left: 350, top: 0 },
    ],
    ['an anchor', { kind: 'anchor', x: 1, y: 0.5 }, '50x51', '400x300', { left: 350, top: 124 }],
    ['as large as the base', CENTRED, '400x300', '400x300', { left: 0, top: 0 }],
    // Layers larger than the base are cropped to it.
    [
      'larger, centred',
      CENTRED,
      '500x100',
      '400x300',
      { left: 0, top: 100, crop: { left: 50, top: 0, width: 400, height: 100 } },
    ],
    [
      'larger, at the end',
      { kind: 'anchor', x: 1, y: 1 },
      '500x400',
      '400x300',
      { left: 0, top: 0, crop: { left: 100, top: 100, width: 400, height: 300 } },
    ],
    [
      'larger, with an offset',
      { kind: 'offset', x: edge(30), y: edge(0, { fromEnd: true }) },
      '500x400',
      '400x300',
      { left: 0, top: 0, crop: { left: 0, top: 100, width: 400, height: 300 } },
    ],
  ])('%s', (_, at, layer, base, spot) => {
    expect(placeLayer(at, sides(layer), sides(base))).toEqual(spot)
  })
})

describe('the steps of a layer', () => {
  const solid = (box: Extract<LayerPicture, { kind: 'solid' }>['box']): LayerPicture => ({
    kind: 'solid',
    colour: { r: 1, g: 2, b: 3, alpha: 1 },
    box,
  })
  const source: LayerPicture = { kind: 'source', source: { kind: 'object', connection: 'local', key: 'logo.png' } }
  const base = sides('400x300')

  test('see the base below them', () => {
    const step = placing('inside', { width: { op: 'div', left: { get: 'baseWidth' }, right: 4 } })
    const resolution = resolveLayer(
      { picture: source, steps: [step] },
      { ...sides('60x30'), orientation: 1 },
      base,
      LIMITS,
    )
    expect(resolution.size).toEqual(sides('100x50'))
  })

  test('turn the overlay as its own EXIF orientation says', () => {
    const steps = [{ kind: 'orient' }, placing('inside', { width: { get: 'initialWidth' } })] as const
    const resolution = resolveLayer({ picture: source, steps }, { ...sides('60x30'), orientation: 6 }, base, LIMITS)
    expect(resolution).toMatchObject({ size: sides('30x60'), steps: [{ kind: 'orient', orientation: 6 }] })
  })

  test.each([
    [{}, '400x300'],
    [{ width: 50 }, '50x300'],
    [{ height: 50 }, '400x50'],
    [{ width: 50, ratio: 2 }, '50x25'],
    [{ width: { op: 'div', left: { get: 'baseWidth' }, right: 8 }, height: 9 }, '50x9'],
  ] as const)('a solid of %j measures %s (imagekit §6.4)', (box, size) => {
    expect(layerCanvas(solid(box), base)).toEqual(sides(size))
    expect(resolveLayer({ picture: solid(box), steps: [] }, undefined, base, LIMITS).size).toEqual(sides(size))
  })

  test('a solid above the limits is refused', () => {
    const huge = { picture: solid({ width: 60_000, height: 60_000 }), steps: [] }
    expect(() => resolveLayer(huge, undefined, base, LIMITS)).toThrow(expect.objectContaining({ code: 'too-large' }))
  })
})
