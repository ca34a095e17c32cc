import { Fault } from '../faults.ts'
import { evaluate, sizeVariables } from './expression.ts'
import type { Size } from './facts.ts'
import { nearest } from './geometry.ts'
import type { Length, TextPicture } from './plan.ts'

/** Longest side of a box of text in pixels (imagekit §6.5). */
export const LONGEST_TEXT_SIDE = 16_383
/** Characters that are written at most; dialects cut earlier. */
const MOST_CHARACTERS = 2_500

/** A text whose lengths are whole pixels. */
export type ResolvedText = Pick<
  TextPicture,
  'text' | 'font' | 'colour' | 'align' | 'bold' | 'italic' | 'strikethrough' | 'background'
> & {
  readonly size: number
  readonly width?: number
  readonly lineHeight?: number
  /** Top, right, bottom, left. */
  readonly padding: readonly [number, number, number, number]
}

/**
 * Evaluates the lengths of a text on the picture below it; only `base*` variables have a value. Fault bad-parameter: a size, a
 * width or a line height below 1 or above LONGEST_TEXT_SIDE, a padding below 0 or above it, a text of more than 2,500 characters.
 */
export function resolveText(picture: TextPicture, base: Size): ResolvedText {
  const { baseWidth, baseHeight, baseRatio } = sizeVariables(base, base, base)
  const variables = {
    ...(baseWidth !== undefined && { baseWidth }),
    ...(baseHeight !== undefined && { baseHeight }),
    ...(baseRatio !== undefined && { baseRatio }),
  }
  const pixels = (name: string, length: Length, least: number) => {
    const value = nearest(evaluate(length, variables))
    if (value >= least && value <= LONGEST_TEXT_SIDE) return value
    throw new Fault('bad-parameter', `the ${name} of a text must be ${least}…${LONGEST_TEXT_SIDE} pixels`, {
      context: { [name]: value },
    })
  }
  // Pieces of surrogate pairs are not text, and count as one character each.
  const characters = [...picture.text]
  if (characters.length > MOST_CHARACTERS) {
    throw new Fault('bad-parameter', `a text may have ${MOST_CHARACTERS} characters`, {
      context: { characters: characters.length },
    })
  }
  const { text, font, colour, align, bold, italic, strikethrough, background, width, lineHeight } = picture
  const [top, right, bottom, left] = picture.padding
  return {
    text,
    font,
    colour,
    align,
    bold,
    italic,
    strikethrough,
    ...(background && { background }),
    size: pixels('size', picture.size, 1),
    ...(width !== undefined && { width: pixels('width', width, 1) }),
    ...(lineHeight !== undefined && { lineHeight: pixels('lineHeight', lineHeight, 1) }),
    padding: [
      pixels('padding', top, 0),
      pixels('padding', right, 0),
      pixels('padding', bottom, 0),
      pixels('padding', left, 0),
    ],
  }
}
