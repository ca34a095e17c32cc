import { isIdleDrawing } from './drawn.ts'
import { fold } from './expression.ts'
import { nearest, normalDegrees } from './geometry.ts'
import type { Area, Draw, Drawing, Gradient } from './plan.ts'

/** The same drawing in the fewest words; undefined when it changes nothing. */
export function tidyDraw({ drawing }: Draw): Draw | undefined {
  return isIdleDrawing(drawing) ? undefined : { kind: 'draw', drawing: tidyDrawing(drawing) }
}

export function tidyGradient({ angle, from, to, reach, reachIsPart }: Gradient): Gradient {
  return { angle: normalDegrees(angle), from, to, reach: fold(reach), reachIsPart }
}

function tidyDrawing(drawing: Drawing): Drawing {
  switch (drawing.name) {
    case 'gradient':
      return { name: 'gradient', ...tidyGradient(drawing) }
    case 'perspective': {
      const [a, b, c, d, e, f, g, h] = drawing.corners
      return { ...drawing, corners: [fold(a), fold(b), fold(c), fold(d), fold(e), fold(f), fold(g), fold(h)] }
    }
    case 'shadow':
      return { ...drawing, x: fold(drawing.x), y: fold(drawing.y) }
    case 'areas': {
      const { effect } = drawing
      const wide = effect.name === 'pixelate' ? { ...effect, size: nearest(effect.size) } : effect
      return { ...drawing, areas: drawing.areas.map(tidyArea), effect: wide }
    }
    case 'pixelate':
      return { ...drawing, size: nearest(drawing.size) }
    case 'oil-paint':
      return { ...drawing, radius: nearest(drawing.radius) }
    case 'unsharp':
    case 'colorize':
    case 'arc':
    case 'replace-colour':
    case 'sepia':
    case 'two-level':
    case 'vignette':
    case 'torn-edges':
      return drawing
  }
}

/** The order of areas stays: it has no meaning, but sorting expressions would have to be explained. */
function tidyArea({ x, y, width, height }: Area): Area {
  return { x: fold(x), y: fold(y), width: fold(width), height: fold(height) }
}
