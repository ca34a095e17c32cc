import colourNames from 'color-name'
import type { Colour } from './plan.ts'

/** The colour of a CSS name in lower case, `transparent` among them; undefined for any other word. */
export function namedColour(name: string): Colour | undefined {
  if (name === 'transparent') return { r: 0, g: 0, b: 0, alpha: 0 }
  if (!isName(name)) return undefined
  const [r, g, b] = colourNames[name]
  return { r, g, b, alpha: 1 }
}

/** The colour of 3, 6 or 8 hex digits (the last two of 8 are alpha), without a sign before them; undefined for anything else. */
export function hexColour(digits: string): Colour | undefined {
  if (!/^(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(digits)) return undefined
  const long = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits
  const at = (index: number) => Number.parseInt(long.slice(index, index + 2), 16)
  return { r: at(0), g: at(2), b: at(4), alpha: long.length === 8 ? at(6) / 255 : 1 }
}

function isName(name: string): name is keyof typeof colourNames {
  return Object.hasOwn(colourNames, name)
}
