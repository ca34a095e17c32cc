import type { Operation } from './grammar.ts'
import { type Query, single } from './query.ts'

/** A wished size; at least one side. Whole pixels, 1…9999. */
export type Size = { readonly width?: number; readonly height?: number }

/** How much smaller the file shall be than the picture deserves (pixboost §8). */
export type Level = 'default' | 'low' | 'lower'

/** What the parameters of a request say together. */
export type Parameters = {
  readonly size: Size | undefined
  readonly trim: boolean
  readonly level: Level
  /** Answer with an empty picture instead (pixboost §8). */
  readonly hide: boolean
}

/** A message of pixboost §11, to be answered with 400. */
export class BadParameter extends Error {
  override readonly name = 'BadParameter'
}

/**
 * `size` as resize and fit take it (pixboost §5, §6, §17); nothing for operations that ignore it. Throws BadParameter.
 */
export function readSize(operation: Operation, query: Query): Size | undefined {
  if (operation !== 'resize' && operation !== 'fit') return undefined
  const text = single(query, 'size')
  if (text === '') throw new BadParameter('size param is required')
  const [, width, x, height] = /^(\d{1,4})?(x)?(\d{1,4})?$/.exec(text) ?? []
  const sides = [width, height].filter((side) => side !== undefined)
  const wellFormed =
    sides.length > 0 && (x !== undefined || height === undefined) && sides.every((side) => Number(side) > 0)
  if (!wellFormed || (operation === 'fit' && sides.length < 2)) {
    throw new BadParameter('size param should be in format WxH')
  }
  return {
    ...(width === undefined ? {} : { width: Number(width) }),
    ...(height === undefined ? {} : { height: Number(height) }),
  }
}

/**
 * Reads `dppx`, `save-data` and `trim-border` in this order (pixboost §11). Throws BadParameter.
 *
 * @param saveData whether the project supports Save-Data: without it header and parameter mean nothing (pixboost §16)
 * @param header whether the request says exactly `Save-Data: on`
 */
export function readParameters(
  operation: Operation,
  query: Query,
  size: Size | undefined,
  { saveData, header }: { readonly saveData: boolean; readonly header: boolean },
): Parameters {
  // asis ignores them all, even invalid ones (pixboost §4).
  if (operation === 'asis') return { size: undefined, trim: false, level: 'default', hide: false }
  const dense = readDppx(query) >= 2
  const wish = saveData ? readSaveData(query) : undefined
  const trim = readTrim(query)
  const saving = saveData && header
  const level = dense ? 'lower' : saving && wish !== 'off' ? 'low' : 'default'
  return { size, trim, level, hide: saving && wish === 'hide' }
}

/** Decimal or exponent notation; too large for a number is refused (pixboost §5). */
function readDppx(query: Query): number {
  const text = single(query, 'dppx')
  if (text === '') return 1
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) throw new BadParameter('dppx query param must be a number')
  return value
}

function readSaveData(query: Query): 'off' | 'hide' | undefined {
  const text = single(query, 'save-data')
  if (text === '') return undefined
  if (text === 'off' || text === 'hide') return text
  throw new BadParameter("save-data query param must be one of 'off', 'hide'")
}

const TRUE = new Set(['', '1', 't', 'T', 'true', 'TRUE', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

/** Present and empty, which includes given twice, is on. */
function readTrim(query: Query): boolean {
  if (!query.has('trim-border')) return false
  const text = single(query, 'trim-border')
  if (TRUE.has(text)) return true
  if (FALSE.has(text)) return false
  throw new BadParameter("can't parse trim-border param")
}
