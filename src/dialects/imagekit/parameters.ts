/**
 * What each parameter takes (imagekit §4 to §6). One record per key drives reading, the contexts it is allowed in, and its
 * refusal; what the values then do to a picture stands in `steps.ts`, `size.ts`, `layers.ts` and `output.ts`.
 */
import { Fault } from '../../faults.ts'
import type { Param } from './chain.ts'
import {
  arithmetic,
  aspect,
  background,
  base64,
  border,
  colorize,
  coordinate,
  corners,
  distort,
  flip,
  focus,
  gradient,
  padding,
  path,
  position,
  replacement,
  shadow,
  side,
  trim,
  typography,
  unsharp,
} from './readings.ts'
import { colour, decimal, flag, integer, word } from './values.ts'
import { ALIGNS, BLENDS, type Context, CROP_MODES, CROPS, FORMATS, SIDES, type Values } from './vocabulary.ts'

type Parameter = { readonly in: readonly Context[]; readonly read: (text: string | null, key: string) => Values }

const BASE: readonly Context[] = ['base']
const PICTURE: readonly Context[] = ['base', 'image']
const LAYER: readonly Context[] = ['image', 'text', 'solid']
const TEXT: readonly Context[] = ['text']
const ANY: readonly Context[] = ['base', 'image', 'text', 'solid']

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  w: { in: ANY, read: (text) => ({ width: text === 'auto' ? { kind: 'auto' } : side('w', text) }) },
  h: { in: ANY, read: (text) => ({ height: side('h', text) }) },
  ar: { in: PICTURE, read: (text) => ({ ratio: aspect(text) }) },
  dpr: {
    in: PICTURE,
    read: (text) => ({
      dpr: text === 'auto' ? 'auto' : arithmetic('dpr', text, (value) => decimal('dpr', value, 0.1, 5)),
    }),
  },
  c: { in: PICTURE, read: (text) => ({ crop: word('c', text, CROPS) }) },
  cm: { in: PICTURE, read: (text) => ({ cropMode: word('cm', text, CROP_MODES) }) },
  fo: { in: PICTURE, read: (text) => ({ focus: focus(text) }) },
  x: { in: PICTURE, read: (text) => ({ x: coordinate('x', text) }) },
  y: { in: PICTURE, read: (text) => ({ y: coordinate('y', text) }) },
  xc: { in: PICTURE, read: (text) => ({ xc: coordinate('xc', text) }) },
  yc: { in: PICTURE, read: (text) => ({ yc: coordinate('yc', text) }) },
  z: { in: PICTURE, read: (text) => ({ zoom: decimal('z', text, 0.01, 100) }) },
  q: { in: PICTURE, read: (text) => ({ quality: integer('q', text, 1, 100) }) },
  f: { in: BASE, read: (text) => ({ format: word('f', text, FORMATS) }) },
  pr: { in: BASE, read: (text) => ({ progressive: flag('pr', text) }) },
  lo: { in: BASE, read: (text) => ({ lossless: flag('lo', text) }) },
  cp: { in: BASE, read: (text) => ({ keepProfile: flag('cp', text) }) },
  md: { in: BASE, read: (text) => ({ keepMetadata: flag('md', text) }) },
  dn: { in: BASE, read: (text) => ({ density: arithmetic('dn', text, (value) => integer('dn', value, 1, 1200)) }) },
  orig: { in: BASE, read: (text) => ({ original: flag('orig', text) }) },
  di: { in: BASE, read: (text) => ({ defaultImage: path('di', text) }) },
  pg: { in: PICTURE, read: (text) => ({ page: integer('pg', text, 1, 10_000) }) },
  rt: { in: ANY, read: (text) => ({ rotate: text === 'auto' ? 'auto' : decimal('rt', text, -100_000, 100_000) }) },
  fl: { in: ANY, read: (text) => ({ flip: flip(text) }) },
  r: { in: ANY, read: (text) => ({ radius: corners(text) }) },
  b: { in: PICTURE, read: (text) => ({ border: border(text) }) },
  bg: { in: ANY, read: (text) => ({ background: background(text) }) },
  o: { in: PICTURE, read: (text) => ({ opacity: integer('o', text, 0, 100) }) },
  t: { in: PICTURE, read: (text) => ({ trim: trim(text) }) },
  bl: { in: PICTURE, read: (text) => ({ blur: integer('bl', text, 1, 100) }) },
  cr: { in: PICTURE, read: (text) => ({ replace: replacement(text) }) },
  'e-grayscale': { in: PICTURE, read: (text) => ({ greyscale: flag('e-grayscale', text) }) },
  'e-contrast': { in: PICTURE, read: (text) => ({ contrast: flag('e-contrast', text) }) },
  'e-sharpen': {
    in: PICTURE,
    read: (text) => ({ sharpen: text === null || text === 'true' ? 'auto' : decimal('e-sharpen', text, 0, 1000) }),
  },
  'e-usm': { in: PICTURE, read: (text) => ({ unsharp: unsharp(text) }) },
  'e-shadow': { in: PICTURE, read: (text) => ({ shadow: shadow(text) }) },
  'e-gradient': { in: ['base', 'image', 'solid'], read: (text) => ({ gradient: gradient(text) }) },
  'e-colorize': { in: PICTURE, read: (text) => ({ colorize: colorize(text) }) },
  'e-distort': { in: PICTURE, read: (text) => ({ distort: distort(text) }) },
  i: { in: LAYER, read: (text) => ({ input: text ?? '' }) },
  ie: { in: LAYER, read: (text) => ({ decoded: base64(text) }) },
  lx: { in: LAYER, read: (text) => ({ left: position('lx', text) }) },
  ly: { in: LAYER, read: (text) => ({ top: position('ly', text) }) },
  lxc: { in: LAYER, read: (text) => ({ centreX: position('lxc', text) }) },
  lyc: { in: LAYER, read: (text) => ({ centreY: position('lyc', text) }) },
  lap: { in: LAYER, read: (text) => ({ anchor: word('lap', text, SIDES) }) },
  lfo: { in: LAYER, read: (text) => ({ place: word('lfo', text, SIDES) }) },
  lm: { in: LAYER, read: (text) => ({ blend: word('lm', text, BLENDS) }) },
  al: { in: ['text', 'solid'], read: (text) => ({ alpha: integer('al', text, 1, 9) }) },
  fs: { in: TEXT, read: (text) => ({ fontSize: arithmetic('fs', text, (value) => integer('fs', value, 1, 5000)) }) },
  ff: { in: TEXT, read: (text) => ({ font: path('ff', text) }) },
  co: { in: TEXT, read: (text) => ({ ink: colour('co', text) }) },
  ia: { in: TEXT, read: (text) => ({ align: word('ia', text, ALIGNS) }) },
  pa: { in: TEXT, read: (text) => ({ padding: padding(text) }) },
  lh: {
    in: TEXT,
    read: (text) => ({ lineHeight: arithmetic('lh', text, (value) => decimal('lh', value, 0, 10_000)) }),
  },
  tg: { in: TEXT, read: (text) => typography(text) },
}

/** Timing belongs to video; on pictures it is ignored (imagekit §6.1). */
const IGNORED = new Set(['lso', 'leo', 'ldu'])
/** Known, and not to be had here (imagekit §15). */
const ABSENT = new Set([
  'e-bgremove',
  'e-removedotbg',
  'e-changebg',
  'e-edit',
  'e-genvar',
  'e-dropshadow',
  'e-retouch',
  'e-upscale',
  'so',
  'eo',
  'du',
  'vc',
  'ac',
  'sr',
  'c2pa',
])

/**
 * Reads the parameters of one step; a key given twice: the last one counts (imagekit §3).
 * @param unknown whether keys nobody knows are refused or dropped
 */
export function readValues(items: readonly Param[], context: Context, unknown: 'refuse' | 'drop'): Values {
  let values: Values = {}
  for (const { key, value } of items) {
    if (IGNORED.has(key) && context !== 'base') continue
    if (ABSENT.has(key))
      throw new Fault('unsupported', `${key} is not available on this server`, { context: { parameter: key } })
    const parameter = Object.hasOwn(PARAMETERS, key) ? PARAMETERS[key] : undefined
    if (parameter === undefined || !parameter.in.includes(context)) {
      if (unknown === 'drop') continue
      const place = context === 'base' ? '' : ` in a layer of this kind`
      throw new Fault('bad-parameter', `there is no parameter '${key.slice(0, 80)}'${place}`, {
        context: { parameter: key.slice(0, 80) },
      })
    }
    values = { ...values, ...parameter.read(value, key) }
  }
  return values
}
