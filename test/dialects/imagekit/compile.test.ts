import { describe, expect, it } from 'vitest'
import type { ImageSettings } from '../../../src/catalog/model.ts'
import { IMAGE_DEFAULTS } from '../../../src/catalog/rules.ts'
import { parseChain } from '../../../src/dialects/imagekit/chain.ts'
import { type Compiled, compileChain } from '../../../src/dialects/imagekit/compile.ts'
import type { Output, Place, Step } from '../../../src/plan/plan.ts'

function compile(text: string, settings: Partial<ImageSettings> = {}): Compiled {
  return compileChain(parseChain(text), {
    settings: { ...IMAGE_DEFAULTS, ...settings },
    senses: { webp: true, avif: true, saveData: false },
    thumbnail: false,
    source: (key) => ({ kind: 'object', connection: 'bucket', key }),
  })
}

/** Without the turn by EXIF that stands before all. */
function stepsOf(text: string): readonly Step[] {
  return compile(text, { autoOrient: false }).plan.steps
}

function encoded(text: string, settings?: Partial<ImageSettings>): Extract<Output, { readonly kind: 'encode' }> {
  const { output } = compile(text, settings).plan
  if (output.kind !== 'encode') throw new Error('not encoded')
  return output
}

const MIDDLE = { kind: 'anchor', x: 0.5, y: 0.5 } as const
const BLACK = { kind: 'solid', colour: { r: 0, g: 0, b: 0, alpha: 1 } } as const
const place = (box: Place['box'], mode: Place['mode'], more: Partial<Place> = {}): Place => ({
  kind: 'place',
  box,
  mode,
  enlarge: true,
  focus: MIDDLE,
  ...more,
})
const box = { width: 30, height: 20 }

describe('sizes become a place', () => {
  it.each<[string, Step[]]>([
    ['w-30', [place({ width: 30 }, 'inside')]],
    ['h-20', [place({ height: 20 }, 'inside')]],
    ['w-30,c-at_max', [place({ width: 30 }, 'inside', { enlarge: false })]],
    ['w-30,cm-extract', [place({ width: 30 }, 'inside')]],
    ['w-30,h-20', [place(box, 'cover')]],
    ['w-30,ar-3-2', [place({ width: 30, ratio: 1.5 }, 'cover')]],
    ['w-30,h-20,ar-9', [place(box, 'cover')]],
    ['ar-9,dpr-2', []],
    ['w-30,h-20,c-force', [place(box, 'stretch')]],
    ['w-30,h-20,c-at_max', [place(box, 'inside', { enlarge: false })]],
    ['w-30,h-20,c-at_max_enlarge', [place(box, 'inside')]],
    ['w-30,h-20,c-at_least', [place(box, 'outside')]],
    ['w-30,h-20,c-maintain_ratio_no_enlarge', [place(box, 'cover', { enlarge: false })]],
    ['w-30,h-20,c-force,cm-extract', [place(box, 'native')]],
    ['w-30,h-20,cm-pad_resize', [place(box, 'inside', { surround: BLACK })]],
    ['w-30,h-20,cm-pad_resize,fo-auto', [place(box, 'inside', { surround: BLACK })]],
    ['w-30,h-20,cm-pad_resize_no_enlarge', [place(box, 'inside', { enlarge: false, surround: BLACK })]],
    ['w-30,h-20,cm-pad_extract,bg-blurred', [place(box, 'canvas', { surround: BLACK })]],
    ['w-30,h-20,fo-bottom_left', [place(box, 'cover', { focus: { kind: 'anchor', x: 0, y: 1 } })]],
    ['w-30,h-20,fo-auto', [place(box, 'cover', { focus: { kind: 'attention' } })]],
    ['w-30,h-20,cm-extract,x-5', [place(box, 'native', { focus: { kind: 'corner', x: 5, y: 0 } })]],
    ['w-30,h-20,dpr-2', [place({ ...box, scale: 2 }, 'cover')]],
    ['w-3000,h-20,dpr-2', [place({ width: 3000, height: 20 }, 'cover')]],
    ['w-30,h-1,dpr-0.5', [place({ width: 30, height: 1 }, 'cover')]],
    ['w-99999,h-20', [place({ height: 20 }, 'inside')]],
    ['w-10,w-30', [place({ width: 30 }, 'inside')]],
  ])('the size %s', (text, steps) => expect(stepsOf(text)).toEqual(steps))

  it('a part of the first step is of the picture as it came, later of the step before', () => {
    const half = (get: 'initialWidth' | 'width') => ({ op: 'mul', left: 0.5, right: { get } }) as const
    const widths = (step: Step | undefined) =>
      step?.kind === 'branch' ? step.otherwise.map((one) => one.kind === 'place' && one.box.width) : []
    const [first, second] = stepsOf('w-0.5:w-0.5')
    expect([widths(first), widths(second)]).toEqual([[half('initialWidth')], [half('width')]])
  })
})

describe('the order inside of a step (§3)', () => {
  it('does not hang on the order of the parameters', () => {
    const forwards = 't-true,w-30,fl-h,rt-90,e-grayscale,e-sharpen,bl-2,b-1_red,r-5,e-gradient,o-50'
    const kinds = stepsOf(forwards).map((step) =>
      step.kind === 'effect' ? step.effect.name : step.kind === 'draw' ? step.drawing.name : step.kind,
    )
    expect(kinds).toEqual('trim place mirror rotate greyscale sharpen blur border mask gradient opacity'.split(' '))
    expect(stepsOf(forwards.split(',').reverse().join(','))).toEqual(stepsOf(forwards))
  })

  it('layers come last, as written; what follows a colon comes after them', () => {
    const kinds = stepsOf('l-image,i-a,l-end,w-30,l-text,i-b,l-end:bl-1').map((step) => step.kind)
    expect(kinds).toEqual(['place', 'layer', 'layer', 'effect'])
  })

  it('the account turns pictures first, rt-auto does when it does not', () => {
    expect(compile('w-30').plan.steps.map(({ kind }) => kind)).toEqual(['orient', 'place'])
    expect(stepsOf('rt-auto,w-30').map(({ kind }) => kind)).toEqual(['orient', 'place'])
  })

  it('a solid ground is laid before a pad, and after round corners', () => {
    expect(stepsOf('w-30,h-20,cm-pad_resize,bg-red').map(({ kind }) => kind)).toEqual(['flatten', 'place'])
    expect(stepsOf('w-30,r-5,bg-red').map(({ kind }) => kind)).toEqual(['place', 'mask', 'flatten'])
    expect(stepsOf('w-30,bg-FF000050').map(({ kind }) => kind)).toEqual(['place'])
  })
})

describe('the file that is written (§4.4, §8)', () => {
  it.each<[string, Partial<Extract<Output, { kind: 'encode' }>>]>([
    [
      '',
      { quality: { kind: 'fixed', value: 80 }, progressive: false, lossless: false, palette: true, chroma: '4:4:4' },
    ],
    ['q-50:w-30', { quality: { kind: 'fixed', value: 50 } }],
    ['q-50:q-60', { quality: { kind: 'fixed', value: 60 } }],
    ['pr-true,lo-true', { progressive: true, lossless: true, palette: false }],
    ['f-jpeg', { choose: { kind: 'fixed', format: 'jpeg' }, vector: 'rasterise' }],
    ['f-orig', { choose: { kind: 'as-source', substitute: 'jpeg-or-png' }, vector: 'untouched' }],
    ['dn-idn_mul_2', { density: { op: 'mul', left: { get: 'density' }, right: 2 } }],
    [
      'cp-true',
      { metadata: { profile: { kind: 'keep', formats: ['jpeg', 'png', 'webp', 'avif'] }, exif: false, xmp: false } },
    ],
    ['cp-false', { metadata: { profile: { kind: 'convert' }, exif: false, xmp: false } }],
  ])('the file of %s', (text, output) => expect(encoded(text)).toMatchObject(output))

  it('the settings of the account are the defaults', () => {
    const kept = encoded('', { keepMetadata: 'profile', png: 'minimum', quality: 33, chroma420: true })
    expect(kept).toMatchObject({ quality: { value: 33 }, palette: false, chroma: '4:2:0' })
    expect(kept.metadata).toMatchObject({ profile: { kind: 'keep' }, exif: false })
    expect(encoded('cp-true', { keepMetadata: 'all' }).metadata).toMatchObject({
      profile: { kind: 'keep' },
      exif: false,
    })
    expect(encoded('', { autoFormat: false }).choose.kind).toBe('as-source')
  })

  it('orig-true leaves everything, even what it would refuse', () => {
    expect(compile('w-300,orig-true,bl-5').plan).toEqual({
      frame: { kind: 'all' },
      steps: [],
      output: { kind: 'untouched' },
    })
  })

  it('the default picture and the page belong to the whole request', () => {
    const { defaultImage, plan } = compile('di-@@a@@b.jpg,pg-3:w-30')
    expect([defaultImage, plan.frame]).toEqual(['a/b.jpg', { kind: 'page', page: 3 }])
  })
})

describe('conditions (§5.2)', () => {
  it('become a branch', () => {
    expect(stepsOf('if-ar_gt_4-3_and_w_lte_300_or_ih_eq_5,w-30,if-else,w-20:rt-90,if-end')).toEqual([
      {
        kind: 'branch',
        cases: [
          {
            when: {
              any: [
                {
                  all: [
                    { left: { get: 'ratio' }, is: 'gt', right: 4 / 3 },
                    { left: { get: 'width' }, is: 'lte', right: 300 },
                  ],
                },
                { left: { get: 'initialHeight' }, is: 'eq', right: 5 },
              ],
            },
            steps: [place({ width: 30 }, 'inside')],
          },
        ],
        otherwise: [place({ width: 20 }, 'inside'), { kind: 'rotate', degrees: 90 }],
      },
    ])
  })
})

describe('layers (§6)', () => {
  it('a text is cut at 2,000 characters, or 2,500 of base64', () => {
    const length = (text: string) => {
      const [layer] = stepsOf(text)
      return layer?.kind === 'layer' && layer.picture.kind === 'text' ? [...layer.picture.text].length : undefined
    }
    expect(length(`l-text,i-${'a'.repeat(2500)},l-end`)).toBe(2000)
    expect(length(`l-text,ie-${Buffer.from('a'.repeat(3000)).toString('base64')},l-end`)).toBe(1875)
    expect(length(`l-text,ie-${Buffer.from('é'.repeat(3000)).toString('base64')},l-end`)).toBe(937)
  })

  it('a font is a name or a file', () => {
    const font = (text: string) => {
      const [layer] = stepsOf(text)
      return layer?.kind === 'layer' && layer.picture.kind === 'text' ? layer.picture.font : undefined
    }
    expect(font('l-text,i-a,l-end')).toEqual({ family: 'Open Sans' })
    expect(font('l-text,i-a,ff-PT_Serif,l-end')).toEqual({ family: 'PT_Serif' })
    const file = { kind: 'object', connection: 'bucket', key: 'fonts/My.ttf' }
    expect(font('l-text,i-a,ff-fonts@@My.ttf,l-end')).toEqual({ file })
  })

  it.each([
    ['pa-5', [5, 5, 5, 5]],
    ['pa-5_6', [5, 6, 5, 6]],
    ['pa-5_6_7', [5, 6, 7, 6]],
    ['pa-5_6_7_8', [5, 6, 7, 8]],
  ])('padding %s in the order of CSS', (padding, sides) => {
    const [layer] = stepsOf(`l-text,i-a,${padding},l-end`)
    expect(layer).toMatchObject({ picture: { padding: sides } })
  })
})
