import { describe, expect, test } from 'vitest'
import { type PlaceWish, place, placedSize } from '../../src/plan/place.ts'
import type { Box, Focus } from '../../src/plan/plan.ts'
import { asText, CENTRE, sides } from './samples.ts'

type Mode = PlaceWish['mode']
const wish = (mode: Mode, box: Box<number>, changes: Partial<PlaceWish> = {}): PlaceWish => ({
  box,
  mode,
  enlarge: true,
  focus: CENTRE,
  padded: false,
  ...changes,
})
const anchor = (x: 0 | 0.5 | 1, y: 0 | 0.5 | 1): Focus<number> => ({ kind: 'anchor', x, y })
const small = { enlarge: false }
const padded = { padded: true }

describe('sizes of the contracts', () => {
  test.each<[string, string, Mode, Box<number>, Partial<PlaceWish>, string]>([
    // pixboost §6
    ['pixboost §6', '510x340', 'inside', { width: 200 }, {}, '200x133'],
    ['pixboost §6', '510x340', 'inside', { height: 80 }, {}, '120x80'],
    ['pixboost §6', '510x340', 'inside', { width: 200, height: 100 }, {}, '150x100'],
    ['pixboost §6', '510x340', 'cover', { width: 200, height: 100 }, {}, '200x100'],
    ['pixboost §6', '990x357', 'inside', { width: 200 }, {}, '200x72'],
    ['pixboost §6', '800x600', 'inside', { width: 10 }, {}, '10x8'],
    ['pixboost §6', '800x600', 'inside', { width: 200 }, {}, '200x150'],
    ['pixboost §6', '800x600', 'inside', { height: 150 }, {}, '200x150'],
    ['pixboost §6', '800x600', 'inside', { width: 200, height: 300 }, {}, '200x150'],
    ['pixboost §6', '800x600', 'inside', { width: 1600 }, {}, '1600x1200'],
    ['pixboost §6', '800x600', 'cover', { width: 1600, height: 100 }, {}, '1600x100'],
    ['pixboost §6', '1000x1', 'inside', { width: 10 }, {}, '10x1'],
    ['pixboost §6', '400x600', 'inside', { width: 200 }, {}, '200x300'],
    ['pixboost §6', '400x600', 'inside', { height: 200 }, {}, '133x200'],
    ['pixboost §6, trimmed', '307x66', 'inside', { width: 300 }, {}, '300x64'],
    ['pixboost §6, trimmed to one pixel', '1x1', 'inside', { width: 50 }, {}, '50x50'],
    // kraken §3
    ['kraken exact', '1600x900', 'stretch', { width: 200, height: 200 }, {}, '200x200'],
    ['kraken exact', '150x37', 'stretch', { width: 100, height: 100 }, {}, '100x100'],
    ['kraken portrait', '1600x900', 'inside', { height: 200 }, small, '356x200'],
    ['kraken landscape', '1600x900', 'inside', { width: 400 }, small, '400x225'],
    ['kraken landscape', '900x1600', 'inside', { width: 300 }, small, '300x533'],
    ['kraken landscape', '1600x900', 'inside', { width: 4000 }, small, '1600x900'],
    ['kraken auto', '1600x900', 'inside', { width: 400, height: 400 }, small, '400x225'],
    ['kraken auto', '900x1600', 'inside', { width: 400, height: 400 }, small, '225x400'],
    ['kraken auto', '1600x900', 'inside', { width: 800, height: 200 }, small, '356x200'],
    ['kraken auto', '1600x900', 'inside', { width: 3000, height: 3000 }, small, '1600x900'],
    ['kraken fit', '1600x900', 'cover', { width: 300, height: 300 }, {}, '300x300'],
    ['kraken fit', '100x100', 'cover', { width: 400, height: 200 }, {}, '400x200'],
    ['kraken crop', '1600x900', 'native', { width: 300, height: 300 }, {}, '300x300'],
    ['kraken crop', '1600x900', 'native', { width: 2000, height: 300 }, {}, '1600x300'],
    ['kraken square', '1600x900', 'cover', { width: 400, height: 400 }, {}, '400x400'],
    ['kraken square', '150x37', 'cover', { width: 120, height: 120 }, {}, '120x120'],
    ['kraken fill', '1600x900', 'inside', { width: 400, height: 400 }, { ...small, ...padded }, '400x400'],
    ['kraken fill', '1600x900', 'inside', { width: 2000, height: 2000 }, { ...small, ...padded }, '2000x2000'],
    ['kraken none', '150x37', 'inside', {}, {}, '150x37'],
    // imagekit §4.2
    ['imagekit at_max', '640x865', 'inside', { width: 300, height: 200 }, small, '148x200'],
    ['imagekit at_max, box larger', '640x865', 'inside', { width: 900, height: 900 }, small, '640x865'],
    ['imagekit at_least', '640x865', 'outside', { width: 300, height: 200 }, {}, '300x405'],
    ['imagekit at_max_enlarge', '640x865', 'inside', { width: 850, height: 1000 }, {}, '740x1000'],
    ['imagekit vector', '158x33', 'inside', { width: 200 }, {}, '200x42'],
    ['imagekit w-300,dpr-2', '300x200', 'cover', { width: 300, scale: 2 }, {}, '600x400'],
    ['imagekit one side, at_max', '300x200', 'inside', { width: 600 }, small, '300x200'],
    ['imagekit no side', '300x200', 'cover', {}, {}, '300x200'],
    ['imagekit maintain_ratio', '640x865', 'cover', { width: 300, height: 200 }, {}, '300x200'],
    ['imagekit force', '640x865', 'stretch', { width: 300, height: 200 }, {}, '300x200'],
    ['imagekit force, one side', '640x865', 'stretch', { width: 320 }, {}, '320x433'],
    ['imagekit ar with a width', '640x865', 'cover', { width: 300, ratio: 4 / 3 }, {}, '300x225'],
    ['imagekit ar with a height', '640x865', 'cover', { height: 300, ratio: 1.5 }, {}, '450x300'],
    ['imagekit ar, width, dpr', '640x865', 'cover', { width: 100, ratio: 1, scale: 1.5 }, {}, '150x150'],
    ['imagekit ar beside both', '640x865', 'cover', { width: 300, height: 200, ratio: 9 }, {}, '300x200'],
    ['imagekit ar alone', '640x865', 'cover', { ratio: 9 }, {}, '640x865'],
    ['imagekit no_enlarge, smaller', '300x200', 'cover', { width: 30, height: 30 }, small, '30x30'],
    ['imagekit no_enlarge, larger', '300x200', 'cover', { width: 600, height: 600 }, small, '200x200'],
    ['imagekit no_enlarge, one side larger', '1000x100', 'cover', { width: 500, height: 200 }, small, '250x100'],
    ['imagekit pad_resize', '640x865', 'inside', { width: 300, height: 300 }, padded, '300x300'],
    ['imagekit pad_resize, one side', '640x865', 'inside', { width: 320 }, padded, '320x433'],
    ['imagekit extract', '640x865', 'native', { width: 300, height: 200 }, {}, '300x200'],
    ['imagekit pad_extract', '640x865', 'canvas', { width: 700, height: 200 }, padded, '700x200'],
    // compressor §5.2
    ['compressor fit', '1600x1200', 'cover', { width: 640, height: 480 }, {}, '640x480'],
    ['compressor auto', '1600x900', 'inside', { width: 640, height: 480 }, small, '640x360'],
    ['compressor auto', '300x200', 'inside', { width: 900 }, small, '300x200'],
    // filestack §4.3
    ['filestack upscale', '301x200', 'stretch', { scale: 2 }, {}, '602x400'],
    ['kraken crop with scale', '1600x900', 'stretch', { scale: 0.5 }, {}, '800x450'],
  ])('%s: %s as %s of %j %j → %s', (_, picture, mode, box, changes, result) => {
    expect(asText(placedSize(place(wish(mode, box, changes), sides(picture))))).toBe(result)
  })
})

describe('which part is kept', () => {
  const box = { width: 300, height: 300 }
  const wide = sides('1600x900')

  test.each<[string, PlaceWish, string, { left: number; top: number; width: number; height: number }, string]>([
    ['pixboost fit', wish('cover', { width: 200, height: 100 }), '510x340', at(0, 16, 200, 100), '200x133'],
    ['kraken fit', wish('cover', box), '1600x900', at(116, 0, 300, 300), '533x300'],
    [
      'kraken fit to the left',
      wish('cover', box, { focus: anchor(0, 0.5) }),
      '1600x900',
      at(0, 0, 300, 300),
      '533x300',
    ],
    [
      'kraken fit to the right',
      wish('cover', box, { focus: anchor(1, 0) }),
      '1600x900',
      at(233, 0, 300, 300),
      '533x300',
    ],
    ['compressor fit', wish('cover', { width: 640, height: 480 }), '1600x900', at(106, 0, 640, 480), '853x480'],
    ['kraken crop', wish('native', box), '1600x900', at(650, 300, 300, 300), '1600x900'],
    ['kraken crop b', wish('native', box, { focus: anchor(0.5, 1) }), '1600x900', at(650, 600, 300, 300), '1600x900'],
    [
      'kraken crop x y',
      wish('native', box, { focus: { kind: 'corner', x: 10, y: 20 } }),
      '1600x900',
      at(10, 20, 300, 300),
      '1600x900',
    ],
    ['kraken crop scale 50', wish('native', box), '800x450', at(250, 75, 300, 300), '800x450'],
    [
      'kraken crop too wide',
      wish('native', { width: 2000, height: 300 }),
      '1600x900',
      at(0, 300, 1600, 300),
      '1600x900',
    ],
    [
      'a corner window is cut',
      wish('native', box, { focus: { kind: 'corner', x: 1500, y: -100 } }),
      '1600x900',
      at(1500, 0, 100, 200),
      '1600x900',
    ],
    [
      'a centre',
      wish('native', box, { focus: { kind: 'centre', x: 200, y: 151 } }),
      '1600x900',
      at(50, 1, 300, 300),
      '1600x900',
    ],
    [
      'a centre when covering is of the unscaled picture',
      wish('cover', box, { focus: { kind: 'centre', x: 1600, y: 0 } }),
      '1600x900',
      at(233, 0, 300, 300),
      '533x300',
    ],
    [
      'a corner when covering too',
      wish('cover', box, { focus: { kind: 'corner', x: 160, y: 0 } }),
      '1600x900',
      at(53, 0, 300, 300),
      '533x300',
    ],
    [
      'an area stays inside, centred',
      wish('cover', box, { focus: { kind: 'area', x: 600, y: 0, width: 300, height: 300 } }),
      '1600x900',
      at(99, 0, 300, 300),
      '533x300',
    ],
    [
      'an area at the edge',
      wish('cover', box, { focus: { kind: 'area', x: 0, y: 0, width: 90, height: 90 } }),
      '1600x900',
      at(0, 0, 300, 300),
      '533x300',
    ],
    [
      'not enlarged, cut to the ratio',
      wish('cover', { width: 600, height: 600 }, small),
      '300x200',
      at(50, 0, 200, 200),
      '300x200',
    ],
    [
      'attention without an answer is the middle',
      wish('cover', box, { focus: { kind: 'attention' } }),
      '1600x900',
      at(116, 0, 300, 300),
      '533x300',
    ],
  ])('%s', (_, asked, picture, crop, scale) => {
    expect(place(asked, sides(picture))).toEqual({ scale: sides(scale), crop })
  })

  test('attention cuts where the answer says, kept inside', () => {
    const asked = wish('cover', box, { focus: { kind: 'attention' } })
    expect(place(asked, wide, { x: 40, y: 0 }).crop).toEqual(at(40, 0, 300, 300))
    expect(place(asked, wide, { x: 400, y: 7 }).crop).toEqual(at(233, 0, 300, 300))
  })

  test.each<[string, PlaceWish]>([
    ['a window beside the picture', wish('native', box, { focus: { kind: 'corner', x: 1600, y: 0 } })],
    [
      'a window by its centre that leaves the picture',
      wish('native', box, { focus: { kind: 'centre', x: 149, y: 400 } }),
    ],
    ['a canvas beside the picture', wish('canvas', box, { focus: { kind: 'corner', x: -300, y: 0 } })],
    ['a width of nothing', wish('cover', { width: 0, height: 10 })],
    ['a negative height', wish('cover', { width: 10, height: -1 })],
    ['a negative ratio', wish('cover', { width: 10, ratio: -1 })],
    ['a scale of nothing', wish('stretch', { scale: 0 })],
  ])('%s is a bad parameter', (_, asked) => {
    expect(() => place(asked, wide)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
})

describe('where the picture stands on a canvas', () => {
  test.each<[string, string, PlaceWish, object]>([
    [
      'kraken fill: 87 rows above, 88 below',
      '1600x900',
      wish('inside', { width: 400, height: 400 }, { ...small, ...padded }),
      { scale: sides('400x225'), canvas: at(0, 87, 400, 400) },
    ],
    [
      'kraken fill larger than the picture',
      '1600x900',
      wish('inside', { width: 2000, height: 2000 }, { ...small, ...padded }),
      { scale: sides('1600x900'), canvas: at(200, 550, 2000, 2000) },
    ],
    [
      'imagekit pad_resize, fo-left puts the picture on the left',
      '100x200',
      wish('inside', { width: 200, height: 200 }, { ...padded, focus: anchor(0, 0.5) }),
      { scale: sides('100x200'), canvas: at(0, 0, 200, 200) },
    ],
    [
      'a box of the same ratio needs no canvas',
      '1600x900',
      wish('inside', { width: 160, height: 90 }, padded),
      { scale: sides('160x90') },
    ],
    [
      'imagekit pad_extract: surplus cut, shortage padded',
      '640x865',
      wish('canvas', { width: 700, height: 200 }, padded),
      { scale: sides('640x865'), crop: at(0, 332, 640, 200), canvas: at(30, 0, 700, 200) },
    ],
    [
      'pad_extract at the bottom right',
      '640x865',
      wish('canvas', { width: 700, height: 200 }, { ...padded, focus: anchor(1, 1) }),
      { scale: sides('640x865'), crop: at(0, 665, 640, 200), canvas: at(60, 0, 700, 200) },
    ],
    [
      'a canvas whose corner lies outside of the picture',
      '100x100',
      wish('canvas', { width: 50, height: 50 }, { ...padded, focus: { kind: 'corner', x: -20, y: 80 } }),
      { scale: sides('100x100'), crop: at(0, 80, 30, 20), canvas: at(20, 0, 50, 50) },
    ],
    [
      'a canvas of the same size',
      '100x100',
      wish('canvas', { width: 100, height: 100 }, padded),
      { scale: sides('100x100') },
    ],
  ])('%s', (_, picture, asked, result) => {
    expect(place(asked, sides(picture))).toEqual(result)
  })
})

function at(left: number, top: number, width: number, height: number) {
  return { left, top, width, height }
}
