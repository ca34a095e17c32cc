import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IMAGE_DEFAULTS } from '../../../src/catalog/rules.ts'
import { MAX_STEPS, parseChain } from '../../../src/dialects/imagekit/chain.ts'
import { compileChain } from '../../../src/dialects/imagekit/compile.ts'
import { isFault } from '../../../src/faults.ts'
import {
  animated,
  cmykJpeg,
  deepPng,
  greyJpeg,
  logo,
  oriented,
  quadrants,
  solid,
  withProfile,
} from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
  await house.put('good.png', await quadrants(24, 16))
  await house.put('seen-through.png', await logo(20, 24))
  await house.put('grey.jpg', await greyJpeg(24, 16))
  await house.put('cmyk.jpg', await cmykJpeg(24, 16))
  await house.put('deep.png', await deepPng(24, 16))
  await house.put('turned.jpg', await oriented(6, 24, 16))
  await house.put('coloured.jpg', await withProfile(24, 16))
  await house.put('moving.gif', await animated('gif', { width: 24, height: 16 }))
  await house.put('moving.webp', await animated('webp', { width: 24, height: 16 }))
  await house.put('dot.png', await solid(1, 1))
})
afterAll(() => house.stop())

const number = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map(String),
  fc.constantFrom('0.5', '1', 'N3', '99999', 'iw_div_2', 'ch_mul_2', 'bw_sub_3', 'auto', '', '-1', '1e3'),
)
const colour = fc.constantFrom('red', 'FF0000', '00FF0050', 'transparent', 'nocolour')
const param = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('w', 'h', 'x', 'y', 'xc', 'yc', 'z', 'q', 'pg', 'rt', 'r', 'o', 't', 'bl', 'dn', 'dpr'),
      number,
    )
    .map(([key, value]) => `${key}-${value}`),
  fc.constantFrom(
    ...[
      'c-force',
      'c-at_max',
      'c-at_least',
      'cm-extract',
      'cm-pad_resize',
      'cm-pad_extract',
      'cm-pad_extract_no_shrink',
    ],
    ...[
      'fo-auto',
      'fo-left',
      'fo-custom',
      'ar-4-3',
      'ar-0',
      'fl-h_v',
      'bg-blurred',
      'bg-dominant',
      'bg-gradient_dominant_4',
    ],
    ...[
      'e-grayscale',
      'e-contrast',
      'e-sharpen-5',
      'e-usm-1-1-1-0',
      'e-shadow',
      'e-gradient',
      'e-colorize',
      'e-distort-a-30',
    ],
    ...[
      'e-distort-p-0_0_9_0_9_9_0_9',
      'cr-red',
      'f-jpg',
      'f-webp',
      'f-auto',
      'f-orig',
      'lo-true',
      'orig-true',
      'r-max',
      'n-x',
    ],
    ...['di-good.png', 'e-bgremove', 'md-true', 'cp-true', 'rt-auto', 't-true'],
  ),
  colour.map((one) => `bg-${one}`),
  fc.tuple(number, colour).map(([width, one]) => `b-${width}_${one}`),
)
const place = fc.constantFrom(
  '',
  ',lx-3',
  ',lx-N2,ly-1',
  ',lfo-top_left',
  ',lxc-5,lap-center',
  ',lm-cutout',
  ',lm-displace,lx-4',
)
const item = fc.oneof(
  { weight: 6, arbitrary: param },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('i-good.png', 'i-ik_canvas', 'i-none.png', ''), fc.array(param, { maxLength: 2 }), place)
      .map(([input, params, at]) => `l-image,${[input, ...params].filter(Boolean).join(',')}${at},l-end`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('i-hi', 'ie-SGk=', 'i-'), place)
      .map(([text, at]) => `l-text,${text},fs-9${at},l-end`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('if-w_gt_9,w-5,if-end', 'if-ar_lt_1,w-5,if-else,bl-1,if-end', 'l-end', 'if-end'),
  },
)
const chain = fc
  .array(fc.array(item, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .map((steps) => steps.map((step) => step.join(',')).join(':'))

const good = fc.constantFrom(
  ...['good.png', 'seen-through.png', 'grey.jpg', 'cmyk.jpg', 'deep.png', 'turned.jpg', 'coloured.jpg', 'moving.gif'],
  ...['moving.webp', 'dot.png'],
)

describe('whatever is asked of a good picture', () => {
  it('the answer is never a failure of the server', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(chain, good, fc.boolean(), async (tr, file, inQuery) => {
        const text = encodeURIComponent(tr)
        const answer = await house.ask(inQuery ? `${file}?tr=${text}` : `tr:${text}/${file}`, {
          accept: 'image/webp',
        })
        expect([200, 400, 404]).toContain(answer.status)
        if (answer.status === 400) expect(answer.headers.get('ik-error')).toMatch(/^E(INVAL|LIMIT) - ./)
      }),
      { numRuns: 300 },
    )
  })

  it('any target is answered in the words of the dialect', { timeout: 60_000 }, async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        'tr:',
        'w-1',
        '%',
        '%2F',
        '%00',
        '%FF',
        '..',
        '?',
        '&',
        '=',
        '#',
        'ik-s=',
        'ik-t=1',
        'tr=',
        'good.png',
      ),
      fc.stringMatching(/^[!-~]{0,6}$/),
    )
    const target = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    await fc.assert(
      fc.asyncProperty(target, async (rest) => {
        const answer = await house.ask(rest)
        expect(answer.status).toBeLessThan(500)
      }),
      { numRuns: 300 },
    )
  })
})

describe('compiling', () => {
  const compile = (text: string) =>
    compileChain(parseChain(text), {
      settings: IMAGE_DEFAULTS,
      senses: { webp: false, avif: false, saveData: false },
      thumbnail: false,
      source: (key) => ({ kind: 'object', connection: 'bucket', key }),
    })

  it('ends in a plan or in a Fault, and the same text in the same plan', () => {
    fc.assert(
      fc.property(chain, (text) => {
        try {
          expect(compile(text)).toEqual(compile(text))
        } catch (error) {
          if (!isFault(error)) throw error
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('grows with the text, and stops at the largest number of steps', () => {
    const sizes = [10, 100, 1000].map(
      (n) => compile(Array.from({ length: n }, () => 'rt-90').join(':')).plan.steps.length,
    )
    expect(sizes).toEqual([11, 101, 1001])
    const most = Array.from({ length: MAX_STEPS + 1 }, () => 'bl-1').join(':')
    expect(() => compile(most)).toThrow(/at most 2000 steps/)
    expect(() => compile(Array.from({ length: 201 }, () => 'bl-1').join(':'))).toThrow(/200 times/)
  })
})
