/** What values of options may be (filestack §4.1, §4.3): each kind reads a value, or says what it expects. */
import { isFault } from '../../../../faults.ts'
import { hexColour, namedColour } from '../../../../plan/css-colour.ts'
import type { Colour } from '../../../../plan/plan.ts'
import type { Value } from '../scan.ts'
import { type One, sourceOfValue } from '../source-text.ts'

export type Kind<T> = {
  /** Ends the sentence "… expected". */
  readonly expects: string
  /** Nothing for what is not of this kind. */
  read(value: Value): T | undefined
}

/** A kind that options may be required to have. */
export type Requirable<T> = Kind<T> & {
  /** Stands for a missing value until all options have been looked at: a misspelt one is worth more to tell than a missing one. */
  readonly standIn: T
}

export function integer(least: number, most: number): Requirable<number> {
  const kind = bounded(/^-?\d{1,9}$/, least, most, `a whole number from ${least} to ${most}`)
  return { ...kind, standIn: least }
}

export function decimal(least: number, most: number): Kind<number> {
  return bounded(/^-?\d{1,9}(?:\.\d{1,9})?$/, least, most, `a number from ${least} to ${most}`)
}

/** One of some words, whatever their case: one client writes all values in lower case. */
export function word<const W extends string>(...words: readonly W[]): Kind<W> {
  return {
    expects: `one of ${words.join(', ')}`,
    read(value) {
      if (typeof value !== 'string') return undefined
      const wanted = value.toLowerCase()
      return words.find((one) => one.toLowerCase() === wanted)
    },
  }
}

export const flag: Kind<boolean> = {
  expects: 'true or false',
  read: (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
}

export const text: Requirable<string> = {
  standIn: '',
  expects: 'a text',
  read: (value) => (typeof value === 'string' ? value : undefined),
}

/** Accepted, and without a meaning here. */
export const anything: Kind<true> = { expects: 'anything', read: () => true }

/** 3, 6 or 8 hex digits (with alpha), a CSS name, `transparent`; of the numbered names that ImageMagick adds, the greys. */
export const colour: Kind<Colour> = {
  expects: 'a colour: 3, 6 or 8 hex digits, or a name',
  read(value) {
    if (typeof value !== 'string') return undefined
    const name = value.toLowerCase()
    if (name === 'none') return TRANSPARENT
    return namedColour(name) ?? hexColour(name.replace(/^#/, '')) ?? numberedGrey(name)
  },
}

/** A stored file by its handle, or a picture of the web. */
export const reference: Requirable<One> = {
  standIn: { kind: 'handle', handle: '' },
  expects: 'a handle',
  read(value) {
    try {
      const source = sourceOfValue(value)
      if (source.kind === 'list') return source.sources.length === 1 ? source.sources[0] : undefined
      return source.kind === 'handle' && source.handle === '' ? undefined : source
    } catch (error) {
      if (isFault(error, 'bad-parameter')) return undefined
      throw error
    }
  },
}

/** A list; one value that is none counts as the only item. */
export function listOf<T>(kind: Kind<T>, least: number, most: number): Requirable<readonly T[]> {
  return {
    standIn: [],
    expects: `a list of ${least} to ${most}, each ${kind.expects}`,
    read(value) {
      const items = typeof value === 'string' ? [value] : value
      if (items.length < least || items.length > most) return undefined
      const read = items.flatMap((item) => kind.read(item) ?? [])
      return read.length === items.length ? read : undefined
    },
  }
}

export function either<A, B>(one: Kind<A>, other: Kind<B>): Kind<A | B> {
  return { expects: `${one.expects}, or ${other.expects}`, read: (value) => one.read(value) ?? other.read(value) }
}

/** Where something is cut or laid: 0 = left or top, 1 = right or bottom. */
export type Anchor = { readonly x: 0 | 0.5 | 1; readonly y: 0 | 0.5 | 1 }

/** One word, or one for each direction. Without a face detector `faces` is the middle (filestack §4.3). */
export const anchor: Kind<Anchor> = {
  expects: 'one of center, top, bottom, left, right, or a pair of [top|middle|bottom, left|center|right]',
  read(value) {
    if (typeof value === 'string') return POSITIONS.get(value.toLowerCase())
    const [first, second, ...more] = value.map((item) => (typeof item === 'string' ? item.toLowerCase() : ''))
    if (first === undefined || second === undefined || more.length > 0) return undefined
    return pair(first, second) ?? pair(second, first)
  },
}

function pair(down: string, across: string): Anchor | undefined {
  const y = DOWN.get(down)
  const x = ACROSS.get(across)
  return x === undefined || y === undefined ? undefined : { x, y }
}

const DOWN: ReadonlyMap<string, 0 | 0.5 | 1> = new Map([
  ['top', 0],
  ['middle', 0.5],
  ['center', 0.5],
  ['bottom', 1],
])
const ACROSS: ReadonlyMap<string, 0 | 0.5 | 1> = new Map([
  ['left', 0],
  ['center', 0.5],
  ['middle', 0.5],
  ['right', 1],
])
const POSITIONS: ReadonlyMap<string, Anchor> = new Map([
  ['center', { x: 0.5, y: 0.5 }],
  ['middle', { x: 0.5, y: 0.5 }],
  ['faces', { x: 0.5, y: 0.5 }],
  ['top', { x: 0.5, y: 0 }],
  ['bottom', { x: 0.5, y: 1 }],
  ['left', { x: 0, y: 0.5 }],
  ['right', { x: 1, y: 0.5 }],
])

export type Rect = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** `[x, y, width, height]`, with the most that each pair may be. */
export function rect(mostOffset: number, mostSide: number): Requirable<Rect> {
  const offset = integer(0, mostOffset)
  const side = integer(1, mostSide)
  return {
    standIn: { x: 0, y: 0, width: 1, height: 1 },
    expects: `[x, y, width, height], x and y from 0 to ${mostOffset}, the sides from 1 to ${mostSide}`,
    read(value) {
      if (typeof value === 'string' || value.length !== 4) return undefined
      const [left = '', top = '', wide = '', high = ''] = value
      const x = offset.read(left)
      const y = offset.read(top)
      const width = side.read(wide)
      const height = side.read(high)
      if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined
      return { x, y, width, height }
    },
  }
}

/** Two whole numbers. */
export function twoOf(kind: Kind<number>): Kind<readonly [number, number]> {
  return {
    expects: `a pair, each ${kind.expects}`,
    read(value) {
      if (typeof value === 'string' || value.length !== 2) return undefined
      const [first = '', second = ''] = value
      const one = kind.read(first)
      const other = kind.read(second)
      return one === undefined || other === undefined ? undefined : [one, other]
    },
  }
}

export const TRANSPARENT: Colour = { r: 0, g: 0, b: 0, alpha: 0 }

function bounded(form: RegExp, least: number, most: number, expects: string): Kind<number> {
  return {
    expects,
    read(value) {
      if (typeof value !== 'string' || !form.test(value)) return undefined
      const number = Number(value) + 0
      return number >= least && number <= most ? number : undefined
    },
  }
}

/** `grey0` is black, `gray100` white. */
function numberedGrey(name: string): Colour | undefined {
  const percent = Number(/^gr[ae]y(\d{1,3})$/.exec(name)?.[1])
  if (!(percent <= 100)) return undefined
  const level = Math.round(percent * 2.55)
  return { r: level, g: level, b: level, alpha: 1 }
}
