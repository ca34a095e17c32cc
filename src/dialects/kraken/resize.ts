import type { Colour, Focus, Place, Step } from '../../plan/plan.ts'
import type { Json } from './body.ts'
import { invalid } from './faults.ts'
import { colour, flag, text, whole } from './values.ts'

const STRATEGIES = ['exact', 'portrait', 'landscape', 'auto', 'fit', 'crop', 'square', 'fill', 'none'] as const
type Strategy = (typeof STRATEGIES)[number]

/** Longest side that may be asked for (kraken §3). */
const LONGEST = 16_384
/** The centre of the picture. */
const CENTRE: Focus = { kind: 'anchor', x: 0.5, y: 0.5 }

/** What a resize object asks for, as steps on the picture. Faults of status 422 with the contract's texts (kraken §3, §7). */
export function readResize(resize: Json): readonly Step[] {
  const strategy = readStrategy(resize)
  const steps = stepsOf(strategy, resize)
  // `crop` cuts: only its scale makes the picture smaller.
  const softens = strategy !== 'none' && (strategy !== 'crop' || steps.length > 1)
  return flag(resize, 'enhance') && softens ? [...steps, SHARPEN_WHEN_SMALL] : steps
}

function readStrategy(resize: Json): Strategy {
  const written = text(resize, 'strategy')?.trim().toLowerCase()
  const strategy = STRATEGIES.find((one) => one === written)
  if (strategy === undefined) {
    throw invalid(`Resize strategy must be one of the following: ${STRATEGIES.map((one) => `'${one}'`).join(', ')}`)
  }
  return strategy
}

function stepsOf(strategy: Strategy, resize: Json): readonly Step[] {
  switch (strategy) {
    case 'none':
      return []
    case 'exact':
      return [place(both(resize, strategy), 'stretch', true)]
    case 'portrait':
      return [place({ height: needed(resize, strategy, 'height') }, 'inside', false)]
    case 'landscape':
      return [place({ width: needed(resize, strategy, 'width') }, 'inside', false)]
    case 'auto':
      return [place(both(resize, strategy), 'inside', false)]
    case 'fit':
      return [place(both(resize, strategy), 'cover', true, cropMode(resize))]
    case 'square': {
      const size = needed(resize, strategy, 'size')
      return [place({ width: size, height: size }, 'cover', true)]
    }
    case 'fill': {
      const surround = { kind: 'solid', colour: background(resize) } as const
      return [{ ...place(both(resize, strategy), 'inside', false), surround }]
    }
    case 'crop':
      return [...scaled(resize), place(both(resize, strategy), 'native', false, windowOf(resize))]
  }
}

function place(box: Place['box'], mode: Place['mode'], enlarge: boolean, focus: Focus = CENTRE): Place {
  return { kind: 'place', box, mode, enlarge, focus }
}

function both(resize: Json, strategy: Strategy) {
  const width = side(resize, 'width')
  const height = side(resize, 'height')
  if (width === undefined || height === undefined) {
    throw invalid(`For '${strategy}' strategy image width and height must be set`)
  }
  return { width, height }
}

function needed(resize: Json, strategy: Strategy, name: 'width' | 'height' | 'size'): number {
  const value = side(resize, name)
  if (value === undefined) throw invalid(`For '${strategy}' strategy image ${name} must be set`)
  return value
}

function side(resize: Json, name: string): number | undefined {
  const value = whole(resize, name)
  if (value === undefined || (value >= 1 && value <= LONGEST)) return value
  throw invalid(`Image ${name} has to be within the range of 1-${LONGEST}`)
}

/** Percent by which the picture is scaled before the window is cut. */
function scaled(resize: Json): readonly Step[] {
  const percent = whole(resize, 'scale') ?? 100
  if (percent < 1 || percent > 10_000) throw invalid('scale has to be within the range of 1-10000')
  return percent === 100 ? [] : [place({ scale: percent / 100 }, 'stretch', true)]
}

/** `x` and `y` count when one of them is above 0; then `crop_mode` does not. */
function windowOf(resize: Json): Focus {
  const x = whole(resize, 'x') ?? 0
  const y = whole(resize, 'y') ?? 0
  if (x <= 0 && y <= 0) return cropMode(resize)
  return { kind: 'corner', x: Math.max(0, x), y: Math.max(0, y) }
}

type Third = 0 | 0.5 | 1
const MODES: Readonly<Record<string, readonly [Third, Third]>> = {
  c: [0.5, 0.5],
  t: [0.5, 0],
  n: [0.5, 0],
  b: [0.5, 1],
  s: [0.5, 1],
  l: [0, 0.5],
  w: [0, 0.5],
  r: [1, 0.5],
  e: [1, 0.5],
  tl: [0, 0],
  nw: [0, 0],
  tr: [1, 0],
  ne: [1, 0],
  bl: [0, 1],
  sw: [0, 1],
  br: [1, 1],
  se: [1, 1],
}

function cropMode(resize: Json): Focus {
  const written = text(resize, 'crop_mode')?.trim().toLowerCase() ?? 'c'
  const at = Object.hasOwn(MODES, written) ? MODES[written] : undefined
  if (at === undefined) throw invalid(`crop_mode must be one of the following: ${Object.keys(MODES).join(', ')}`)
  return { kind: 'anchor', x: at[0], y: at[1] }
}

function background(resize: Json): Colour {
  return colour(resize, 'background')
}

/** Mild sharpening of what became less than half as wide and high (kraken §3, `enhance`). */
const SHARPEN_WHEN_SMALL: Step = {
  kind: 'branch',
  cases: [
    {
      when: {
        all: [
          { left: { get: 'initialWidth' }, is: 'gte', right: { op: 'mul', left: { get: 'width' }, right: 2 } },
          { left: { get: 'initialHeight' }, is: 'gte', right: { op: 'mul', left: { get: 'height' }, right: 2 } },
        ],
      },
      steps: [{ kind: 'effect', effect: { name: 'sharpen', sigma: 0.6 } }],
    },
  ],
  otherwise: [],
}
