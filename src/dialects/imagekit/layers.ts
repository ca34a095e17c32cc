/** `l-image`, `l-text`, solid and gradient blocks → layers of the plan (imagekit §6). */
import { Fault } from '../../faults.ts'
import type { Expression, Layer, LayerPicture, Mask, Offset, Placement, SourceRef, Step } from '../../plan/plan.ts'
import type { LayerBlock, Param } from './chain.ts'
import { readValues } from './parameters.ts'
import { times } from './size.ts'
import { flipSteps, radiusSteps, rotateSteps } from './steps.ts'
import { colour, hasExpression, variablesOf } from './values.ts'
import { anchorOf, type Position, type Values } from './vocabulary.ts'

export type LayerRoom = {
  /** Where an asset of the account lies. */
  readonly source: (path: string) => SourceRef
  readonly unknown: 'refuse' | 'drop'
  readonly autoOrient: boolean
  /** Compiles the layer's own chain; `own` collects what it says of the layer as such. */
  readonly chain: (block: LayerBlock, own: (values: Values) => void) => readonly Step[]
  /** Layers laid on this one. */
  readonly nested: (block: LayerBlock) => readonly Step[]
}

/** Name of the input that stands for no picture at all. */
const CANVAS = 'ik_canvas'
/** Longest texts, in characters; what is beyond is cut (imagekit §6.5). */
const PLAIN_TEXT = 2000
const BASE64_TEXT = 2500
/** Fonts that are files have an extension. */
const FONT_FILE = /\.(ttf|otf|ttc|woff2?)$/i

export function compileLayer(block: LayerBlock, room: LayerRoom): Layer {
  switch (block.type) {
    case 'image':
      return inputOf(block) === CANVAS ? solidLayer(block, room) : imageLayer(block, room)
    case 'text':
      return textLayer(block, room)
    case 'video':
    case 'subtitles':
      throw new Fault('unsupported', `l-${block.type} is not available on this server`, {
        context: { parameter: `l-${block.type}` },
      })
    default:
      throw new Fault('bad-parameter', `there is no layer of type '${block.type.slice(0, 40)}'`, {
        context: { parameter: `l-${block.type.slice(0, 40)}` },
      })
  }
}

/** Whether any parameter of the layer itself is arithmetic (imagekit §5.1). */
export function usesExpressions(block: LayerBlock): boolean {
  return block.steps.flat().some((item) => item.kind === 'param' && hasExpression(item.key, item.value))
}

function imageLayer(block: LayerBlock, room: LayerRoom): Layer {
  let own: Values = {}
  const steps = room.chain(block, (values) => {
    own = { ...own, ...values }
  })
  const path = (own.decoded ?? own.input ?? '').replaceAll('@@', '/').replace(/^\/+/, '')
  if (path === '') throw refusedLayer('i', 'an image layer needs an input')
  if (own.page !== undefined && own.page !== 1) {
    throw new Fault('unsupported', 'pg of a layer is not available on this server', { context: { parameter: 'pg' } })
  }
  const picture: LayerPicture = { kind: 'source', source: room.source(path) }
  const upright: readonly Step[] = room.autoOrient ? [{ kind: 'orient' }] : []
  return { kind: 'layer', picture, steps: [...upright, ...steps], ...laid(own) }
}

function solidLayer(block: LayerBlock, room: LayerRoom): Layer {
  const params = paramsOf(block)
  const values = readValues(params, 'solid', room.unknown)
  onBaseOnly(values)
  const box = {
    ...(values.width && { width: sideOf(values.width, 'baseWidth') }),
    ...(values.height && { height: sideOf(values.height, 'baseHeight') }),
  }
  const picture: LayerPicture = values.gradient
    ? { kind: 'gradient', box, ...values.gradient }
    : { kind: 'solid', box, colour: solidColour(params, values) }
  const steps = [...radiusSteps(values), ...flipSteps(values), ...rotateSteps(values, undefined), ...room.nested(block)]
  return { kind: 'layer', picture, steps, ...laid(values) }
}

/** `al` counts for six hex digits only: an alpha of its own wins, and names ignore it (imagekit §6.4). */
function solidColour(params: readonly Param[], { alpha, background }: Values) {
  const given = params.findLast(({ key }) => key === 'bg')?.value ?? '000000'
  if (background !== undefined && background.kind !== 'solid') throw refusedLayer('bg', 'a solid block has one colour')
  const own = colour('bg', given)
  return alpha !== undefined && /^[0-9a-f]{6}$/i.test(given) ? { ...own, alpha: alpha / 10 } : own
}

function textLayer(block: LayerBlock, room: LayerRoom): Layer {
  const params = paramsOf(block)
  const values = readValues(params, 'text', room.unknown)
  onBaseOnly(values)
  const { background, radius, alpha, width, padding = [], font } = values
  if (background !== undefined && background.kind !== 'solid') throw refusedLayer('bg', 'a text box has one colour')
  const text = textOf(params, values)
  if (text.trim() === '') throw refusedLayer('i', 'a text layer needs a text')
  const [top = 0, right = top, bottom = top, left = right] = padding
  const picture: LayerPicture = {
    kind: 'text',
    text,
    font: font === undefined ? { family: 'Open Sans' } : fontOf(font, room),
    size: values.fontSize ?? 45,
    colour: values.ink ?? { r: 0, g: 0, b: 0, alpha: 1 },
    ...(width && { width: sideOf(width, 'baseWidth') }),
    align: values.align === 'left' || values.align === 'right' ? values.align : 'centre',
    padding: [top, right, bottom, left],
    ...(values.lineHeight !== undefined && { lineHeight: values.lineHeight }),
    bold: values.bold ?? false,
    italic: values.italic ?? false,
    strikethrough: values.strikethrough ?? false,
    ...(background && { background: background.colour }),
    radius: radiusOf(radius),
    alpha: alpha === undefined ? 1 : alpha / 10,
  }
  const steps = [...flipSteps(values), ...rotateSteps(values, undefined), ...room.nested(block)]
  return { kind: 'layer', picture, steps, ...laid(values) }
}

function textOf(params: readonly Param[], { input = '', decoded }: Values): string {
  if (decoded === undefined) return Array.from(input).slice(0, PLAIN_TEXT).join('')
  const encoded = params.findLast(({ key }) => key === 'ie')?.value ?? ''
  if (encoded.length <= BASE64_TEXT) return decoded
  // Cut on the wire, which may be in the middle of a character.
  const bytes = Buffer.from(encoded.slice(0, BASE64_TEXT), 'base64')
  return new TextDecoder().decode(bytes, { stream: true })
}

function fontOf(font: string, room: LayerRoom): { readonly family: string } | { readonly file: SourceRef } {
  return FONT_FILE.test(font) ? { file: room.source(font) } : { family: font }
}

function radiusOf(radius: Values['radius']): Mask['radius'] {
  if (radius === undefined) return [0, 0, 0, 0]
  return radius === 'max' ? 'ellipse' : radius
}

/** Where the layer lies and what it does to the base (imagekit §6.1, §6.2). */
function laid(own: Values): Pick<Layer, 'at' | 'blend'> {
  const at: Placement = { kind: 'anchor', ...anchorOf(own.place ?? 'center') }
  if (own.blend === 'displace') {
    // The offsets are how far pixels move; the map itself lies where `lfo` says.
    return { at, blend: { kind: 'displace', x: shift(own.left), y: shift(own.top) } }
  }
  const blend = own.blend === undefined ? 'over' : BLENDS[own.blend]
  const from = anchorOf(own.anchor ?? 'top_left')
  const x = offset('x', own.left, own.centreX, from.x)
  const y = offset('y', own.top, own.centreY, from.y)
  if (x === undefined && y === undefined) return { at, blend }
  return { at: { kind: 'offset', ...(x && { x }), ...(y && { y }) }, blend }
}

const BLENDS = { multiply: 'multiply', cutter: 'keep-under', cutout: 'punch-out' } as const

function shift(position: Position | undefined): Expression {
  if (position === undefined) return 0
  return position.fromEnd ? times(position.value, -1) : position.value
}

function offset(
  axis: 'x' | 'y',
  edge: Position | undefined,
  centre: Position | undefined,
  from: 0 | 0.5 | 1,
): Offset | undefined {
  if (edge !== undefined && centre !== undefined) {
    throw refusedLayer(`l${axis}c`, `l${axis} and l${axis}c exclude each other`)
  }
  const position = edge ?? centre
  if (position === undefined) return undefined
  const of = edge === undefined ? 'centre' : 'edge'
  // Counted from another point than the corner, N is nothing but a minus.
  if (from !== 0) return { value: shift(position), fromEnd: false, of, from }
  return { value: position.value, fromEnd: position.fromEnd, of }
}

/** Texts and blocks have no size of their own to speak of: only the base's (imagekit §5.1). */
function onBaseOnly(values: Values): void {
  const { width, height, fontSize, lineHeight, padding = [], gradient } = values
  const lengths: readonly (readonly [string, Expression | undefined])[] = [
    ['w', width?.kind === 'length' ? width.length : undefined],
    ['h', height?.kind === 'length' ? height.length : undefined],
    ['fs', fontSize],
    ['lh', lineHeight],
    ['e-gradient', gradient?.reach],
    ...padding.map((one) => ['pa', one] as const),
  ]
  for (const [key, length] of lengths) {
    if (length === undefined) continue
    if (variablesOf(length).some((name) => !name.startsWith('base'))) {
      throw refusedLayer(key, 'only bw, bh and bar can be used in a text or a block')
    }
  }
}

function sideOf(side: NonNullable<Values['width']>, base: 'baseWidth' | 'baseHeight'): Expression {
  switch (side.kind) {
    case 'auto':
      throw refusedLayer('w', 'auto is for the base picture')
    case 'part':
      return times(side.of, { get: base })
    case 'length':
      return side.length
  }
}

function inputOf(block: LayerBlock): string {
  const params = paramsOf(block)
  return params.some(({ key }) => key === 'ie') ? '' : (params.findLast(({ key }) => key === 'i')?.value ?? '')
}

function paramsOf(block: LayerBlock): readonly Param[] {
  return block.steps.flat().filter((item) => item.kind === 'param')
}

function refusedLayer(parameter: string, message: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter } })
}
