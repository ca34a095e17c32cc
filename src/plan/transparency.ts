import type { Paint, Step } from './plan.ts'

/**
 * What the steps make of a picture's opacity: `opaque` whatever the source is, `open` when they can leave holes in any picture,
 * `source` when the result is as opaque as the source. A format without transparency may be taken for the first, never for the
 * second, and for the third when no pixel is transparent in fact (`Unless` of kind `transparent`; imagekit §8). A doubt counts as `open`.
 */
export function transparencyOf(steps: readonly Step[]): 'opaque' | 'open' | 'source' {
  return steps.reduce<'opaque' | 'open' | 'source'>((before, step) => {
    const own = ofStep(step)
    return own === 'source' ? before : own
  }, 'source')
}

function ofStep(step: Step): 'opaque' | 'open' | 'source' {
  switch (step.kind) {
    case 'orient':
    case 'mirror':
      return 'source'
    case 'flatten':
      return 'opaque'
    case 'trim':
      // A picture of one colour becomes a transparent pixel.
      return step.rule.kind === 'exact' ? 'open' : 'source'
    case 'place':
      return step.surround && hasHoles(step.surround) ? 'open' : 'source'
    case 'rotate':
      return step.degrees % 90 === 0 || step.background?.alpha === 1 ? 'source' : 'open'
    case 'effect':
      return step.effect.name === 'opacity' && step.effect.factor < 1 ? 'open' : 'source'
    case 'draw':
      switch (step.drawing.name) {
        case 'perspective':
        case 'arc':
        case 'torn-edges':
          return 'open'
        case 'vignette':
          return step.drawing.strength > 0 ? 'open' : 'source'
        case 'replace-colour':
          return step.drawing.to.alpha < 1 ? 'open' : 'source'
        default:
          return 'source'
      }
    case 'border':
      return step.colour.alpha < 1 ? 'open' : 'source'
    case 'mask':
    case 'animate':
      return 'open'
    case 'layer':
      return step.blend === 'keep-under' || step.blend === 'punch-out' ? 'open' : 'source'
    case 'branch': {
      const ways = new Set([...step.cases.map((one) => transparencyOf(one.steps)), transparencyOf(step.otherwise)])
      const [only, ...others] = ways
      return only === undefined ? 'source' : others.length === 0 ? only : 'open'
    }
  }
}

function hasHoles(paint: Paint): boolean {
  switch (paint.kind) {
    case 'solid':
      return paint.colour.alpha < 1
    case 'gradient':
      return !('dominant' in paint.stops) && paint.stops.some((stop) => stop.alpha < 1)
    case 'blurred':
    case 'dominant':
      return false
  }
}
