/** How the text of each parameter is read (imagekit §4 to §6). All throw Fault bad-parameter that names the parameter. */
import { Fault } from '../../faults.ts'
import type { Expression, Gradient, Paint } from '../../plan/plan.ts'
import { colour, decimal, expression, integer, isExpression, ratio, refused, toNumber, word } from './values.ts'
import { type Corners, type Position, SIDES, type Side, type Values } from './vocabulary.ts'

/** A requested side above this is ignored (imagekit §4.1). */
export const LARGEST_SIDE = 65_535

export function side(key: string, text: string | null): Side {
  if (text !== null && isExpression(text)) return { kind: 'length', length: expression(key, text) }
  const value = toNumber(text ?? '')
  if (value === undefined || value <= 0) throw refused(key, text, 'pixels, a part below 1, or an expression')
  return value < 1 ? { kind: 'part', of: value } : { kind: 'length', length: Math.round(value) }
}

/** Whether a plain side is too large to be looked at. */
export function isIgnoredSide(value: Side | undefined): boolean {
  return value?.kind === 'length' && typeof value.length === 'number' && value.length > LARGEST_SIDE
}

export function aspect(text: string | null): Expression {
  if (text !== null && isExpression(text)) return expression('ar', text)
  const value = ratio(text ?? '')
  if (value === undefined || value <= 0) throw refused('ar', text, 'width-height, a number above 0, or an expression')
  return value
}

export function arithmetic(key: string, text: string | null, plain: (text: string | null) => number): Expression {
  return text !== null && isExpression(text) ? expression(key, text) : plain(text)
}

export function coordinate(key: string, text: string | null): Expression {
  return arithmetic(key, text, (value) => integer(key, value, -LARGEST_SIDE, LARGEST_SIDE))
}

export function position(key: string, text: string | null): Position {
  const fromEnd = text?.startsWith('N') ?? false
  const value = fromEnd ? (text?.slice(1) ?? null) : text
  return { value: arithmetic(key, value, (plain) => decimal(key, plain, 0, LARGEST_SIDE)), fromEnd }
}

export function focus(text: string | null): Values['focus'] {
  if (text === 'auto' || text === 'custom') return text
  const place = SIDES.find((name) => name === text)
  if (place !== undefined) return place
  // Faces and named things need a detector; without one they crop at the centre (imagekit §4.3).
  if (/^[a-z]+(?:[A-Z][a-z]+)*(?:[_-][a-z]+(?:[A-Z][a-z]+)*)*$/.test(text ?? '')) return 'object'
  throw refused('fo', text, 'a side, auto, custom, face or the name of a thing')
}

export function path(key: string, text: string | null): string {
  const value = (text ?? '').replaceAll('@@', '/').replace(/^\/+/, '')
  if (value === '') throw refused(key, text, 'a path')
  return value
}

export function flip(text: string | null): Values['flip'] {
  const name = word('fl', text, ['h', 'v', 'h_v', 'v_h'] as const)
  return { horizontal: name.includes('h'), vertical: name.includes('v') }
}

export function corners(text: string | null): Corners {
  if (text === 'max') return 'max'
  const radii = (text ?? '').split('_').map((part) => integer('r', part, 0, LARGEST_SIDE))
  const [a = 0, b = a, c = a, d = a] = radii
  if (radii.length !== 1 && radii.length !== 4) throw refused('r', text, 'one radius, four radii, or max')
  return [a, b, c, d]
}

/** The last part is the colour; a number alone is a black border (imagekit §4.5). */
export function border(text: string | null): Values['border'] {
  const [, width = '', ink = ''] =
    /^(.+)[_-]([^_-]+)$/.exec(/^\d+$/.test(text ?? '') ? `${text}_black` : (text ?? '')) ?? []
  if (width === '') throw refused('b', text, 'width_colour')
  return {
    width: arithmetic('b', width, (value) => integer('b', value, 0, LARGEST_SIDE)),
    colour: colour('b', ink),
  }
}

export function background(text: string | null): Paint {
  const [kind = '', ...rest] = (text ?? '').split('_')
  if (kind === 'blurred') return blurred(rest, text)
  if (text === 'dominant') return { kind: 'dominant' }
  if (kind === 'gradient' && rest[0] === 'dominant') {
    const stops = rest[1] ?? '2'
    if ((stops !== '2' && stops !== '4') || rest.length > 2) throw refused('bg', text, 'gradient_dominant, _2 or _4')
    return { kind: 'gradient', stops: { dominant: stops === '2' ? 2 : 4 }, angle: 180 }
  }
  if (kind.startsWith('genfill'))
    throw new Fault('unsupported', 'bg-genfill is not available on this server', { context: { parameter: 'bg' } })
  return { kind: 'solid', colour: colour('bg', text) }
}

function blurred([intensity = 'auto', brightness = '0', ...rest]: readonly string[], text: string | null): Paint {
  if (rest.length > 0) throw refused('bg', text, 'blurred_intensity_brightness')
  return {
    kind: 'blurred',
    sigma: intensity === 'auto' ? 'auto' : integer('bg', intensity, 0, 100),
    brightness: integer('bg', brightness, -255, 255),
  }
}

/** `true` lies between 5 and 15 on the service; 10 (imagekit §4.5). */
const TRIM_TOLERANCE = 10

export function trim(text: string | null): number | false {
  if (text === null || text === 'true') return TRIM_TOLERANCE
  return text === 'false' ? false : integer('t', text, 1, 99)
}

export function replacement(text: string | null): Values['replace'] {
  const [to = '', tolerance = '35', from, ...rest] = (text ?? '').split('_')
  if (rest.length > 0) throw refused('cr', text, 'to_tolerance_from')
  return {
    to: colour('cr', to),
    tolerance: integer('cr', tolerance, 0, 100),
    ...(from === undefined ? {} : { from: colour('cr', from) }),
  }
}

export function unsharp(text: string | null): Values['unsharp'] {
  const parts = (text ?? '').split('-')
  if (parts.length !== 4) throw refused('e-usm', text, 'radius-sigma-amount-threshold')
  const [radius = 0, sigma = 0, amount = 0, threshold = 0] = parts.map((part) => decimal('e-usm', part, 0, 1000))
  return { radius, sigma, amount, threshold }
}

/** Splits `bl-15_st-40` into its named parts; only `names` may occur, each once. */
function parts<N extends string>(key: string, text: string | null, names: readonly N[]): Partial<Record<N, string>> {
  const found: Partial<Record<N, string>> = {}
  for (const part of text === null || text === 'true' ? [] : text.split('_')) {
    const dash = part.indexOf('-')
    const name = names.find((candidate) => candidate === part.slice(0, dash))
    if (name === undefined || found[name] !== undefined)
      throw refused(key, text, `${names.join(', ')}, each as name-value, joined by _`)
    found[name] = part.slice(dash + 1)
  }
  return found
}

export function shadow(text: string | null): Values['shadow'] {
  const { bl = '10', st = '30', x = '2', y = '2' } = parts('e-shadow', text, ['bl', 'st', 'x', 'y'])
  return {
    blur: integer('e-shadow', bl, 0, 15),
    strength: integer('e-shadow', st, 0, 100),
    x: integer('e-shadow', x, -100, 100),
    y: integer('e-shadow', y, -100, 100),
  }
}

const DIRECTIONS: Readonly<Record<string, number>> = {
  top: 0,
  top_right: 45,
  right: 90,
  bottom_right: 135,
  bottom: 180,
  bottom_left: 225,
  left: 270,
  top_left: 315,
}

export function gradient(text: string | null): Gradient {
  // A direction may itself hold the separator (top_left), and so may an expression (bh_mul_0.4): cut before the next name only.
  const pieces = (text ?? '').split(/_(?=(?:ld|from|to|sp)-)/)
  const found = new Map(
    text === null || text === 'true'
      ? []
      : pieces.map((piece) => [piece.slice(0, piece.indexOf('-')), piece.slice(piece.indexOf('-') + 1)]),
  )
  for (const name of found.keys())
    if (!['ld', 'from', 'to', 'sp'].includes(name)) throw refused('e-gradient', text, 'ld, from, to, sp')
  const direction = found.get('ld') ?? 'bottom'
  const stop = found.get('sp') ?? '1'
  const reach = arithmetic('e-gradient', stop, (value) => decimal('e-gradient', value, 0, LARGEST_SIDE))
  return {
    angle: DIRECTIONS[direction] ?? decimal('e-gradient', direction, 0, 359),
    from: colour('e-gradient', found.get('from') ?? 'FFFFFF'),
    to: colour('e-gradient', found.get('to') ?? '00000000'),
    reach,
    reachIsPart: typeof reach === 'number' && reach <= 1,
  }
}

export function colorize(text: string | null): Values['colorize'] {
  const found = parts('e-colorize', text, ['co', 'in'])
  return {
    colour: colour('e-colorize', found.co ?? 'gray'),
    intensity: integer('e-colorize', found.in ?? '100', 0, 100),
  }
}

export function distort(text: string | null): Values['distort'] {
  const value = text ?? ''
  if (value.startsWith('a-')) return { kind: 'arc', degrees: decimal('e-distort', value.slice(2), -360, 360) }
  const numbers = value.startsWith('p-') ? value.slice(2).split('_') : []
  if (numbers.length !== 8) throw refused('e-distort', text, 'p- and four corners, or a- and degrees')
  return {
    kind: 'perspective',
    corners: numbers.map((number) => integer('e-distort', number, -LARGEST_SIDE, LARGEST_SIDE)),
  }
}

export function base64(text: string | null): string {
  const value = (text ?? '').replaceAll('-', '+').replaceAll('_', '/')
  if (value === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) throw refused('ie', text, 'base64')
  return Buffer.from(value, 'base64').toString('utf8')
}

export function padding(text: string | null): readonly Expression[] {
  if (text !== null && isExpression(text)) return [expression('pa', text)]
  const sides = (text ?? '').split('_').map((part) => integer('pa', part, 0, 10_000))
  if (sides.length > 4) throw refused('pa', text, 'one to four numbers')
  return sides
}

export function typography(text: string | null): Values {
  const words = (text ?? '')
    .split('_')
    .map((part) => word('tg', part, ['b', 'i', 'strikethrough', 'bold', 'italic'] as const))
  return {
    bold: words.includes('b') || words.includes('bold'),
    italic: words.includes('i') || words.includes('italic'),
    strikethrough: words.includes('strikethrough'),
  }
}
