/** All of a request's headers that an answer may depend on, and what client hints make of sizes (imagekit §8, §9). */
import type { IncomingHttpHeaders } from 'node:http'
import type { Offer } from '../../plan/facts.ts'
import type { Values } from './vocabulary.ts'

export type Senses = {
  readonly webp: boolean
  readonly avif: boolean
  readonly saveData: boolean
  /** Pixels of the device per CSS pixel, 0.1…5. */
  readonly dpr?: number
  /** Pixels the picture will take on the screen. */
  readonly width?: number
}

/** Reads them; hints that are no sensible numbers are not there. */
export function sense(headers: IncomingHttpHeaders): Senses {
  const { accept = '' } = headers
  const dpr = number(headers['sec-ch-dpr'] ?? headers.dpr, 0.1, 5)
  const width = number(headers['sec-ch-width'] ?? headers.width, 1, 65_535)
  return {
    webp: accept.includes('image/webp') && takes(accept, 'image/webp'),
    avif: accept.includes('image/avif') && takes(accept, 'image/avif'),
    saveData: headers['save-data'] === 'on',
    ...(dpr !== undefined && { dpr }),
    ...(width !== undefined && { width }),
  }
}

/** With the raw target it says everything that a compiled request depends on. Hints matter where something is `auto`. */
export function senseKey({ webp, avif, saveData, dpr, width }: Senses, target: string): string {
  const bits = (webp ? 1 : 0) | (avif ? 2 : 0) | (saveData ? 4 : 0)
  const none = dpr === undefined && width === undefined
  // Names may be written out to anything, and any letter may be escaped.
  return none || !/auto|n-|%/i.test(target) ? String(bits) : `${bits};${dpr ?? ''};${width ?? ''};`
}

export function offerOf({ webp, avif }: Senses): Offer {
  if (webp) return avif ? ['webp', 'avif'] : ['webp']
  return avif ? ['avif'] : []
}

/** Which hints a request's sizes hang on, and the density that is told back. */
export type Hinted = { readonly dpr: boolean; readonly width: boolean; readonly contentDpr?: string }

/**
 * `w-auto` and `dpr-auto` replaced by what the hints say; without a hint the value is dropped. The width is rounded up to the
 * next hundred, and then says it all: the density is told back, not multiplied (imagekit §9).
 *
 * @param saving the account saves data for this request: densities are not followed
 */
export function applyHints(values: Values, senses: Senses, saving: boolean): { values: Values; hinted: Hinted } {
  const autoWidth = values.width?.kind === 'auto'
  const autoDpr = values.dpr === 'auto'
  if (!autoWidth && !autoDpr) return { values, hinted: { dpr: false, width: false } }
  const { width: _width, dpr: _dpr, ...rest } = values
  const chosen = autoWidth && senses.width !== undefined ? Math.ceil(senses.width / STEP) * STEP : undefined
  const density = autoDpr && !saving ? senses.dpr : undefined
  const width: Values['width'] = autoWidth
    ? chosen === undefined
      ? undefined
      : { kind: 'length', length: chosen }
    : values.width
  const dpr = autoDpr ? (chosen === undefined ? density : undefined) : values.dpr
  const told = chosen !== undefined && density !== undefined && senses.width !== undefined
  return {
    values: { ...rest, ...(width && { width }), ...(dpr !== undefined && { dpr }) },
    hinted: {
      dpr: autoDpr,
      width: autoWidth,
      ...(told && { contentDpr: String(Math.round((100 * chosen * density) / (senses.width ?? chosen)) / 100) }),
    },
  }
}

const STEP = 100

function number(header: string | readonly string[] | undefined, least: number, most: number): number | undefined {
  if (typeof header !== 'string' || !/^\s*\d{1,6}(\.\d{1,6})?\s*$/.test(header)) return undefined
  const value = Number(header)
  return value < least ? undefined : Math.min(value, most)
}

/** Whether the list names the type and does not refuse it with `q=0`. */
function takes(accept: string, type: string): boolean {
  return accept.split(',').some((entry) => {
    const [name = '', ...parameters] = entry.split(';')
    return name.trim().toLowerCase() === type && !parameters.some((one) => /^\s*q\s*=\s*0(\.0*)?\s*$/i.test(one))
  })
}
