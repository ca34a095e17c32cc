import type { Effect } from './plan.ts'

/** Whether an effect leaves every picture as it is. */
export function isIdle({ effect }: Effect): boolean {
  switch (effect.name) {
    case 'greyscale':
    case 'negate':
    case 'normalise':
      return false
    case 'blur':
    case 'sharpen':
      return effect.sigma === 0
    case 'opacity':
      return effect.factor === 1
    case 'modulate':
      return effect.brightness === 1 && effect.saturation === 1 && effect.hue % 360 === 0
  }
}
