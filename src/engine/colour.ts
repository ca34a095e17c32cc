import type { Facts } from '../plan/facts.ts'
import type { Colour, Drawing, OutputFormat, Paint } from '../plan/plan.ts'
import type { Overlay, Pass, Stage } from './passes.ts'

/**
 * The colour rules of the engine, pure. The working space is 8-bit sRGB from the first pass on. Two things are spared: a
 * single pass that brings no colour of its own may leave the source's pixel values and profile alone, and a grey picture
 * stays one channel as long as nothing colours it.
 */

/** What formats without transparency are flattened on when the plan does not say. */
export const GROUND: Colour = { r: 255, g: 255, b: 255, alpha: 1 }

/** What becomes of the source's profile: kept with the pixel values, pixels converted to sRGB, or dropped unread. */
export type ProfileUse = 'keep' | 'convert' | 'discard'

/** Formats that hold transparency. */
export function holdsAlpha(format: OutputFormat): boolean {
  return format !== 'jpeg'
}

/** Whether a picture has an alpha channel after the stages. */
export function alphaAfter(stages: readonly Stage[], before: boolean): boolean {
  return stages.reduce(stageAlpha, before)
}

/** Whether the picture is grey after the stages. Layers count as colour without being looked at. */
export function greyAfter(stages: readonly Stage[], before: boolean): boolean {
  return stages.reduce(stageGrey, before)
}

/**
 * Whether the source's profile may stay: at most one pass, and no sRGB colours laid beside pixels of another space. Black,
 * white and nothing are the same in every RGB profile. A grey profile fits formats that hold grey pictures only.
 */
export function mayKeepProfile(stages: readonly Stage[], facts: Facts, format: OutputFormat): boolean {
  if (!facts.profile || facts.space === 'cmyk' || facts.space === 'other') return false
  if (facts.space === 'grey' && format !== 'jpeg' && format !== 'png') return false
  const [pass, ...more] = stages
  if (pass === undefined) return true
  if (more.length > 0 || pass.kind !== 'pass') return false
  const touchesValues =
    pass.greyscale ??
    pass.modulate ??
    pass.normalise ??
    pass.negate ??
    pass.overlays?.find((one) => one.kind === 'layer')
  const colours = [pass.flatten, pass.extend?.colour].filter((colour) => colour !== undefined)
  return touchesValues === undefined && colours.every(isNeutral)
}

/** Blends that take away from the picture instead of adding to it. */
export function cutsAway(blend: 'over' | 'multiply' | 'keep-under' | 'punch-out'): boolean {
  return blend === 'keep-under' || blend === 'punch-out'
}

function stageAlpha(before: boolean, stage: Stage): boolean {
  switch (stage.kind) {
    case 'vanish':
    case 'animate':
      return true
    case 'tilt':
      return before || stage.background.alpha < 1
    case 'surround':
      return before || !isOpaque(stage.paint)
    case 'displace':
      return before
    case 'draw':
      return before || leavesHoles(stage.drawing)
    case 'pass':
      return (before && !stage.flatten) || (stage.extend?.colour.alpha ?? 1) < 1 || !!stage.overlays?.some(opensHoles)
  }
}

function opensHoles(overlay: Overlay): boolean {
  return overlay.kind !== 'layer' || cutsAway(overlay.blend)
}

function stageGrey(before: boolean, stage: Stage): boolean {
  switch (stage.kind) {
    case 'vanish':
      return true
    case 'animate':
      return false
    case 'tilt':
      return before && isGrey(stage.background)
    case 'surround':
      return (
        before &&
        (stage.paint.kind !== 'gradient' || 'dominant' in stage.paint.stops || stage.paint.stops.every(isGrey))
      )
    case 'displace':
      return before
    case 'draw':
      return before && drawsGrey(stage.drawing)
    case 'pass':
      return passGrey(before, stage)
  }
}

/** A picture bent, pulled, faded or torn leaves parts of its canvas empty. */
function leavesHoles({ name }: Drawing): boolean {
  return name === 'perspective' || name === 'arc' || name === 'vignette' || name === 'torn-edges'
}

function drawsGrey(drawing: Drawing): boolean {
  switch (drawing.name) {
    case 'gradient':
      return isGrey(drawing.from) && isGrey(drawing.to)
    case 'colorize':
    case 'shadow':
      return isGrey(drawing.colour)
    case 'sepia':
      return false
    case 'replace-colour':
      return isGrey(drawing.to)
    default:
      return true
  }
}

function passGrey(before: boolean, pass: Pass): boolean {
  if (pass.greyscale) return true
  if (pass.flatten && !isGrey(pass.flatten)) return false
  if (pass.extend && !isGrey(pass.extend.colour)) return false
  if (pass.overlays?.some((one) => one.kind === 'layer' && !cutsAway(one.blend))) return false
  return before
}

function isOpaque(paint: Paint): boolean {
  switch (paint.kind) {
    case 'solid':
      return paint.colour.alpha === 1
    case 'gradient':
      return 'dominant' in paint.stops || paint.stops.every((stop) => stop.alpha === 1)
    case 'dominant':
    case 'blurred':
      return true
  }
}

const isGrey = ({ r, g, b, alpha }: Colour) => alpha === 0 || (r === g && g === b)
const isNeutral = (colour: Colour) => colour.alpha === 0 || (isGrey(colour) && (colour.r === 0 || colour.r === 255))
