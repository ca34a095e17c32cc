import sharp, { type CreateText } from 'sharp'
import type { Limits } from '../../plan/facts.ts'
import { LONGEST_TEXT_SIDE, type ResolvedText } from '../../plan/text.ts'
import type { Raw } from '../raw.ts'
import { transferable } from '../workers/transferable.ts'
import type { Workers } from '../workers.ts'
import { tooLong } from './box.ts'
import { type Face, STAND_INS } from './families.ts'
import { isRightToLeft, markup, writable } from './markup.ts'
import type { FontShelf } from './shelf.ts'

export type Desk = { readonly shelf: FontShelf; readonly limits: Limits; readonly workers: Workers }

/** Height in pixels of the letters of a trial: enough to measure by, cheap for any text. */
const TRIAL_SIZE = 8
/** A text is tried small first when so many pixels of letters are to come (letters × size): shorter ones cannot be too long. */
const LONG_TEXT = 1_000
/** How much a trial may be off: small letters are spaced in whole pixels. */
const TRIAL_SLACK = 1.25
/** The library writes on surfaces of at most so many pixels a side. */
const LONGEST_SURFACE = 32_767

/**
 * Writes a text as an RGBA picture: ink, padding and background, as `TextPicture` says; corners and alpha are not done here.
 * `font`: the bytes of a caller's font. Runs in sharp's threads and the worker pool. Faults: bad-parameter for a box above
 * 16,383 pixels a side or a file that is no font, too-large for too many pixels, unsupported when no font is installed.
 */
export async function writeText(wish: ResolvedText, font: Uint8Array | undefined, desk: Desk): Promise<Raw> {
  const text = writable(wish.text)
  const ink = text.trim() === '' ? undefined : await inkOf({ ...wish, text }, font, desk)
  const { colour, align, padding, background, width = 0 } = wish
  const box = {
    ...(ink && { ink }),
    colour,
    width,
    align,
    padding,
    ...(background && { background }),
    outputPixels: desk.limits.outputPixels,
  }
  return desk.workers.run('text', box, ink ? { transfer: transferable(ink.data) } : {})
}

async function inkOf(wish: ResolvedText, font: Uint8Array | undefined, desk: Desk): Promise<Raw | undefined> {
  const { shelf, limits } = desk
  const { text, size, bold } = wish
  const face = font
    ? await shelf.own(font)
    : shelf.builtIn('family' in wish.font ? wish.font.family : '', { bold, italic: wish.italic })
  await shelf.standIns(text, bold, introduce)
  if ([...text].length * size > LONG_TEXT && size > TRIAL_SIZE) {
    const scale = size / TRIAL_SIZE
    const trial = await render(shrunk(wish, scale), face)
    const width = ((trial?.width ?? 0) * scale) / TRIAL_SLACK
    const height = ((trial?.height ?? 0) * scale) / TRIAL_SLACK
    if (width > LONGEST_TEXT_SIDE || height > LONGEST_TEXT_SIDE) throw tooLong(Math.ceil(width), Math.ceil(height))
    if (width * height > limits.outputPixels) throw tooLong(Math.ceil(width), Math.ceil(height))
  }
  return render(wish, face)
}

function shrunk(wish: ResolvedText, scale: number): ResolvedText {
  const { width, lineHeight } = wish
  return {
    ...wish,
    size: TRIAL_SIZE,
    ...(width !== undefined && { width: Math.max(1, Math.round(width / scale)) }),
    ...(lineHeight !== undefined && { lineHeight: lineHeight / scale }),
  }
}

/** Makes a font known to the process; what it writes is thrown away. */
async function introduce({ family, file }: Face): Promise<void> {
  await sharp({ text: { text: 'x', font: `${family} 8`, fontfile: file, dpi: 72 } })
    .raw()
    .toBuffer()
}

/** The coverage of the writing; nothing when there is nothing to be seen. */
async function render(wish: ResolvedText, face: Face): Promise<Raw | undefined> {
  const { text, size, width, bold, italic, align } = wish
  const families = [face.family, ...STAND_INS.filter((one) => one !== face.family)].join(', ')
  const options: CreateText = {
    text: markup(text, wish),
    font: `${families} ${bold ? 'Bold ' : ''}${italic ? 'Italic ' : ''}${size}`,
    fontfile: face.file,
    // At 72 dots per inch a point is a pixel.
    dpi: 72,
    align: physical(align, text),
    ...(width !== undefined && { width, wrap: 'word' }),
  }
  try {
    const { data, info } = await sharp({ text: options, limitInputPixels: false })
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true })
    return { data, width: info.width, height: info.height, channels: 1 }
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (/no text to render/.test(message)) return undefined
    if (/typically too big/.test(message)) throw tooLong(LONGEST_SURFACE, LONGEST_SURFACE)
    throw error
  }
}

/** In a text that runs from right to left, the library takes left for the side where lines begin. */
function physical(align: ResolvedText['align'], text: string): 'left' | 'centre' | 'right' {
  if (align === 'centre' || !isRightToLeft(text)) return align
  return align === 'left' ? 'right' : 'left'
}
