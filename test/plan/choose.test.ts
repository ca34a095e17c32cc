import { describe, expect, it, test } from 'vitest'
import {
  choose,
  isLossless,
  keptProfile,
  needsIllustration,
  needsOpacity,
  quality,
  writtenDensity,
} from '../../src/plan/choose.ts'
import type { Facts, Offer } from '../../src/plan/facts.ts'
import type { Expression, Output, OutputFormat, SourceFormat } from '../../src/plan/plan.ts'
import { facts, pixboostOutput, STORED_AREA } from './samples.ts'

const NONE: Offer = []
const WEBP: Offer = ['webp']
const AVIF: Offer = ['avif']
const BOTH: Offer = ['webp', 'avif']

/** W · trunc(W·h/w), the area that a resize to a width is judged by (pixboost §7). */
function resizeArea(width: number): Expression {
  const height: Expression = {
    op: 'trunc',
    of: { op: 'div', left: { op: 'mul', left: width, right: { get: 'height' } }, right: { get: 'width' } },
  }
  return { op: 'mul', left: width, right: height }
}

function encode(changes: Partial<Extract<Output, { kind: 'encode' }>>): Output {
  const output = pixboostOutput(STORED_AREA)
  if (output.kind !== 'encode') throw new Error('pixboost encodes')
  return { ...output, ...changes }
}

describe('the format table of pixboost §7', () => {
  const columns: Record<string, Facts> = {
    'photo below 1 M': facts({ width: 999, height: 1000 }),
    'photo from 1 M': facts({ width: 1000, height: 1000 }),
    'photo from 4 M': facts({ width: 2000, height: 2000 }),
    'photo PNG': facts({ format: 'png', illustration: false }),
    'large photo PNG': facts({ format: 'png', width: 2000, height: 2000, illustration: false }),
    'illustration PNG': facts({ format: 'png', illustration: true }),
    GIF: facts({ format: 'gif', frames: 12 }),
  }
  test.each<[string, Offer, OutputFormat]>([
    ['photo below 1 M', NONE, 'jpeg'],
    ['photo from 1 M', NONE, 'jpeg'],
    ['photo from 4 M', NONE, 'jpeg'],
    ['photo PNG', NONE, 'png'],
    ['illustration PNG', NONE, 'png'],
    ['GIF', NONE, 'gif'],
    ['photo below 1 M', WEBP, 'webp'],
    ['photo from 1 M', WEBP, 'webp'],
    ['photo from 4 M', WEBP, 'webp'],
    ['photo PNG', WEBP, 'webp'],
    ['illustration PNG', WEBP, 'webp'],
    ['GIF', WEBP, 'webp'],
    ['photo below 1 M', AVIF, 'avif'],
    ['photo from 1 M', AVIF, 'avif'],
    ['photo from 4 M', AVIF, 'jpeg'],
    ['photo PNG', AVIF, 'avif'],
    ['large photo PNG', AVIF, 'png'],
    ['illustration PNG', AVIF, 'png'],
    ['GIF', AVIF, 'gif'],
    ['photo below 1 M', BOTH, 'avif'],
    ['photo from 1 M', BOTH, 'avif'],
    ['photo from 4 M', BOTH, 'webp'],
    ['photo PNG', BOTH, 'avif'],
    ['illustration PNG', BOTH, 'webp'],
    ['GIF', BOTH, 'webp'],
  ])('%s, accepting %j → %s', (column, offer, format) => {
    const source = columns[column]
    if (!source) throw new Error(column)
    expect(choose(pixboostOutput(STORED_AREA), source, offer)).toBe(format)
  })

  test.each<[number, number, Offer, OutputFormat]>([
    [2000, 2000, AVIF, 'jpeg'],
    [1999, 2000, AVIF, 'avif'],
    [16_382, 10, WEBP, 'webp'],
    [16_383, 10, WEBP, 'jpeg'],
    [10, 16_383, WEBP, 'jpeg'],
    [10, 16_383, BOTH, 'avif'],
  ])('boundary %i×%i, accepting %j → %s', (width, height, offer, format) => {
    expect(choose(pixboostOutput(STORED_AREA), facts({ width, height }), offer)).toBe(format)
  })

  test('an estimated area of 0 forbids AVIF: 1000×1 resized to 10', () => {
    const thin = facts({ width: 1000, height: 1 })
    expect(choose(pixboostOutput(resizeArea(10)), thin, BOTH)).toBe('webp')
    expect(choose(pixboostOutput(resizeArea(1000)), thin, BOTH)).toBe('avif')
  })

  test('a resize is judged by its estimated area, not by its result', () => {
    const square = facts({ width: 100, height: 100 })
    expect(choose(pixboostOutput(resizeArea(2000)), square, BOTH)).toBe('webp')
    expect(choose(pixboostOutput(resizeArea(1999)), square, BOTH)).toBe('avif')
  })

  test('the area is that of the stored sides, whatever the orientation', () => {
    const turned = facts({ width: 4000, height: 1000, orientation: 6 })
    expect(choose(pixboostOutput(resizeArea(3999)), turned, AVIF)).toBe('avif')
  })

  test.each<[SourceFormat, OutputFormat]>([
    ['tiff', 'png'],
    ['bmp', 'png'],
    ['heic', 'png'],
    ['webp', 'webp'],
    ['avif', 'avif'],
  ])('its own format for %s is %s', (format, own) => {
    expect(choose(pixboostOutput(STORED_AREA), facts({ format }), NONE)).toBe(own)
  })

  test('SVG is handed on', () => {
    expect(choose(pixboostOutput(STORED_AREA), facts({ format: 'svg' }), BOTH)).toBe('untouched')
  })
})

describe('other choices', () => {
  test('untouched stays untouched', () => {
    expect(choose({ kind: 'untouched' }, facts(), BOTH)).toBe('untouched')
  })

  test('a fixed format needs no offer', () => {
    expect(choose(encode({ choose: { kind: 'fixed', format: 'avif' } }), facts(), NONE)).toBe('avif')
  })

  test('a vector that is rendered has a substitute like any other', () => {
    const output = encode({ vector: 'rasterise', choose: { kind: 'as-source', substitute: 'jpeg-or-png' } })
    expect(choose(output, facts({ format: 'svg', alpha: true }), NONE)).toBe('png')
    expect(choose(output, facts({ format: 'svg', alpha: false }), NONE)).toBe('jpeg')
    expect(choose(output, facts({ format: 'heic' }), NONE)).toBe('jpeg')
    expect(choose(output, facts({ format: 'png' }), NONE)).toBe('png')
  })

  test('a candidate can be refused for animations or alpha, and negotiations nest', () => {
    const output = encode({
      choose: {
        kind: 'negotiated',
        candidates: [{ format: 'avif', unless: [{ kind: 'animated' }] }],
        otherwise: {
          kind: 'negotiated',
          candidates: [{ format: 'jpeg', unless: [{ kind: 'alpha' }, { kind: 'animated' }] }],
          otherwise: { kind: 'fixed', format: 'png' },
        },
      },
    })
    expect(choose(output, facts(), AVIF)).toBe('avif')
    expect(choose(output, facts({ frames: 2 }), AVIF)).toBe('png')
    expect(choose(output, facts(), NONE)).toBe('jpeg')
    expect(choose(output, facts({ alpha: true }), NONE)).toBe('png')
  })
})

describe('the quality table of pixboost §8', () => {
  const of = (format: OutputFormat, source: Partial<Facts>) =>
    [0, 10, 20].map((less) => quality(pixboostOutput(STORED_AREA, less), format, facts(source)))

  test.each<[string, OutputFormat, Partial<Facts>, number[]]>([
    ['JPEG of 92', 'avif', { quality: 92 }, [70, 60, 50]],
    ['JPEG of 86', 'avif', { quality: 86 }, [70, 60, 50]],
    ['JPEG of 85', 'avif', { quality: 85 }, [60, 50, 40]],
    ['JPEG of 76', 'avif', { quality: 76 }, [60, 50, 40]],
    ['JPEG of 75', 'avif', { quality: 75 }, [50, 40, 30]],
    ['photo PNG', 'avif', { format: 'png' }, [70, 60, 50]],
    ['TIFF, counted as 92', 'avif', { format: 'tiff' }, [70, 60, 50]],
    ['JPEG of 92', 'webp', { quality: 92 }, [92, 82, 72]],
    ['JPEG of 92', 'jpeg', { quality: 92 }, [92, 82, 72]],
    ['JPEG of 100', 'jpeg', { quality: 100 }, [82, 72, 62]],
    ['JPEG of 99', 'webp', { quality: 99 }, [99, 89, 79]],
    ['JPEG of 15, never below 1', 'jpeg', { quality: 15 }, [15, 5, 1]],
    ['JPEG whose tables tell nothing', 'webp', { quality: undefined }, [92, 82, 72]],
    ['photo PNG', 'webp', { format: 'png' }, [82, 72, 62]],
    ['GIF', 'webp', { format: 'gif' }, [75, 65, 55]],
    ['WebP', 'webp', { format: 'webp' }, [75, 65, 55]],
  ])('%s → %s', (_, format, source, levels) => {
    expect(of(format, source)).toEqual(levels)
  })

  test('a fixed quality is taken as it is', () => {
    expect(quality(encode({ quality: { kind: 'fixed', value: 33 } }), 'jpeg', facts())).toBe(33)
    expect(quality(encode({ quality: { kind: 'fixed', value: 0 } }), 'jpeg', facts())).toBe(1)
  })

  test('formats without a table do not lose quality', () => {
    expect(of('png', { format: 'png' })).toEqual([100, 100, 100])
  })
})

describe('lossless', () => {
  const illustration = facts({ format: 'png', illustration: true })
  const photo = facts({ format: 'png', illustration: false })
  const output = pixboostOutput(STORED_AREA)

  test('illustrations are, photographs are not, PNG always is', () => {
    expect(isLossless(output, 'webp', illustration)).toBe(true)
    expect(isLossless(output, 'webp', photo)).toBe(false)
    expect(isLossless(output, 'png', photo)).toBe(true)
    expect(isLossless(output, 'jpeg', illustration)).toBe(false)
  })

  test('only a PNG can be an illustration', () => {
    expect(isLossless(output, 'webp', facts({ illustration: true }))).toBe(false)
    expect(choose(output, facts({ illustration: true }), AVIF)).toBe('avif')
  })

  test('a palette costs PNG its exactness, a plan may ask for exact WebP', () => {
    expect(isLossless(encode({ palette: true }), 'png', photo)).toBe(false)
    expect(isLossless(encode({ lossless: true }), 'webp', photo)).toBe(true)
  })
})

describe('the illustration fact is needed', () => {
  const output = pixboostOutput(STORED_AREA)
  const png = facts({ format: 'png' })
  test.each<[string, Output, Facts, Offer, boolean]>([
    ['when AVIF hangs on it', output, png, AVIF, true],
    ['when losslessness hangs on it', output, png, WEBP, true],
    ['not when the answer is PNG either way', output, png, NONE, false],
    ['not when the area forbids AVIF anyway', output, facts({ format: 'png', width: 2000, height: 2000 }), AVIF, false],
    ['not for other sources', output, facts(), BOTH, false],
    ['not when it is known', output, facts({ format: 'png', illustration: false }), BOTH, false],
    [
      'not for plans that do not ask',
      encode({ lossless: false, choose: { kind: 'fixed', format: 'webp' } }),
      png,
      BOTH,
      false,
    ],
    ['not for untouched bytes', { kind: 'untouched' }, png, BOTH, false],
  ])('%s', (_, asked, source, offer, needed) => {
    expect(needsIllustration(asked, source, offer)).toBe(needed)
  })
})

describe('a profile (pixboost §10)', () => {
  const output = pixboostOutput(STORED_AREA)
  test.each<[string, Output, OutputFormat, Partial<Facts>, boolean]>([
    ['of an RGB source stays in JPEG', output, 'jpeg', { profile: true }, true],
    ['and AVIF', output, 'avif', { profile: true }, true],
    ['of a grey source too', output, 'jpeg', { profile: true, space: 'grey' }, true],
    ['is not kept in PNG', output, 'png', { profile: true }, false],
    ['of a CMYK source goes', output, 'jpeg', { profile: true, space: 'cmyk' }, false],
    ['that is not there cannot stay', output, 'jpeg', { profile: false }, false],
    [
      'goes when converted',
      encode({ metadata: { profile: { kind: 'convert' }, exif: false, xmp: false } }),
      'jpeg',
      { profile: true },
      false,
    ],
    [
      'goes when discarded',
      encode({ metadata: { profile: { kind: 'discard' }, exif: false, xmp: false } }),
      'jpeg',
      { profile: true },
      false,
    ],
    ['of untouched bytes stays', { kind: 'untouched' }, 'png', { profile: true }, true],
  ])('%s', (_, asked, format, source, kept) => {
    expect(keptProfile(asked, format, facts(source))).toBe(kept)
  })
})

function encoded(): Extract<Output, { readonly kind: 'encode' }> {
  const output = pixboostOutput(STORED_AREA)
  if (output.kind !== 'encode') throw new Error('nothing is encoded')
  return output
}

describe('JPEG for pictures that are opaque in fact (imagekit §8)', () => {
  const jpegOrPng: Output = {
    ...encoded(),
    choose: {
      kind: 'negotiated',
      candidates: [{ format: 'jpeg', unless: [{ kind: 'transparent' }] }],
      otherwise: { kind: 'fixed', format: 'png' },
    },
  }

  it.each([
    ['without an alpha channel', { alpha: false }, 'jpeg'],
    ['with an alpha channel that was not looked at', { alpha: true }, 'png'],
    ['with an alpha channel in use', { alpha: true, opaque: false }, 'png'],
    ['with an alpha channel without use', { alpha: true, opaque: true }, 'jpeg'],
  ] as const)('%s', (_, changes, format) => {
    expect(choose(jpegOrPng, facts({ format: 'png', ...changes }), [])).toBe(format)
  })

  it('opacity is asked for only when the choice hangs on it', () => {
    const alpha = facts({ format: 'png', alpha: true })
    expect(needsOpacity(jpegOrPng, alpha, [])).toBe(true)
    expect(needsOpacity(jpegOrPng, { ...alpha, opaque: false }, [])).toBe(false)
    expect(needsOpacity(jpegOrPng, facts(), [])).toBe(false)
    expect(needsOpacity(pixboostOutput(STORED_AREA), alpha, [])).toBe(false)
  })
})

describe('the density that is written (imagekit §4.4)', () => {
  const asking = (density: Expression): Output => ({ ...encoded(), density })

  it('is what was asked for, or arithmetic on the source’s own, 72 when it says nothing', () => {
    const doubled = { op: 'mul', left: { get: 'density' }, right: 2 } as const
    expect(writtenDensity(asking(300), facts())).toBe(300)
    expect(writtenDensity(asking(doubled), facts({ density: 96 }))).toBe(192)
    expect(writtenDensity(asking(doubled), facts())).toBe(144)
    expect(writtenDensity(pixboostOutput(STORED_AREA), facts())).toBeUndefined()
  })

  it.each([0, -5, 70_000])('cannot be %i', (density) => {
    expect(() => writtenDensity(asking(density), facts())).toThrow('dots per inch')
  })
})
