/** Codes that a GIF's LZW can hold at once (GIF89a, appendix F). */
export const MOST_CODES = 4096

/** Sequences that compete for being the longest; more cost time and find hardly anything. */
const MOST_OPEN = 12

/** What may stand at each place of a frame. */
export type Raster = {
  /** The index that is wanted, row by row. */
  readonly indices: Uint8Array
  /** The transparent index, and 1 where it shows the same; else 0. */
  readonly holes?: { readonly index: number; readonly at: Uint8Array } | undefined
  /** Indices that may stand for each other; absent: none. */
  readonly near?: Near | undefined
}

/** Which indices may stand for which. */
export type Near = {
  /** How wrong it is to show index x where w is wanted, at 256·w + x. */
  readonly errors: Float32Array
  readonly tolerance: number
  /** Of each index the others that are bearable in its place, the nearest first. */
  readonly neighbours: readonly Uint8Array[]
}

/** The longest known sequence: its code, and how many places it covers. */
export type Match = { readonly code: number; readonly length: number }

/** The sequences an encoder and its decoder have learnt, as a tree. */
export interface Dictionary {
  readonly size: number
  forget(): void
  /** The longest known sequence that may stand from `at` on; with several, the one with the smallest error. */
  match(raster: Raster, at: number): Match
  /** The next code becomes `code` followed by `value`; where that has a code already, the next one is lost, as in the decoder. */
  learn(code: number, value: number): void
  /** Takes back what was learnt last. */
  unlearn(): void
  first(code: number): number
  /** The code of the sequence without its last value. */
  shorter(code: number): number
}

/** How wrong it would be to show `value` at a place; infinite where that must not be. */
export function errorAt({ indices, holes, near }: Raster, at: number, value: number): number {
  const wanted = indices[at] ?? 0
  if (value === wanted) return 0
  if (value === holes?.index) return holes.at[at] === 1 ? 0 : Number.POSITIVE_INFINITY
  if (!near || wanted === holes?.index) return Number.POSITIVE_INFINITY
  return near.errors[(wanted << 8) | value] ?? 0
}

/** A dictionary of values below 2^`codeSize`. */
export function createDictionary(codeSize: number): Dictionary {
  const clear = 1 << codeSize
  /** Code of a sequence followed by a value; 0 = none. */
  const children = new Uint16Array(MOST_CODES << codeSize)
  const eldest = new Uint16Array(MOST_CODES)
  const sibling = new Uint16Array(MOST_CODES)
  const parents = new Uint16Array(MOST_CODES)
  const lasts = Uint8Array.from({ length: MOST_CODES }, (_, code) => (code < clear ? code : 0))
  const firsts = lasts.slice()
  /** Whether a code can be found: it was no repetition. */
  const live = new Uint8Array(MOST_CODES)
  let next = clear + 2

  const open = { codes: new Uint16Array(MOST_OPEN), errors: new Float32Array(MOST_OPEN), count: 0 }
  const longer = { codes: new Uint16Array(MOST_OPEN), errors: new Float32Array(MOST_OPEN), count: 0 }

  function unlearn(): void {
    next--
    if (live[next] === 0) return
    live[next] = 0
    const parent = parents[next] ?? 0
    eldest[parent] = sibling[next] ?? 0
    children[(parent << codeSize) | (lasts[next] ?? 0)] = 0
  }

  function put(list: typeof open, code: number, error: number): void {
    if (list.count === MOST_OPEN) return
    list.codes[list.count] = code
    list.errors[list.count++] = error
  }

  function matchExactly(indices: Uint8Array, at: number): Match {
    let code = indices[at] ?? 0
    let end = at + 1
    for (; end < indices.length; end++) {
      const child = children[(code << codeSize) | (indices[end] ?? 0)] ?? 0
      if (child === 0) break
      code = child
    }
    return { code, length: end - at }
  }

  /** One value further: all children that may stand there. */
  function extend(from: typeof open, to: typeof open, { indices, holes, near }: Raster, at: number): void {
    const wanted = indices[at] ?? 0
    const hole = holes?.at[at] === 1 ? holes.index : wanted
    to.count = 0
    if (near && wanted !== holes?.index) {
      extendNearly(from, to, near, wanted, hole, holes?.index)
      return
    }
    for (let i = 0; i < from.count; i++) {
      const row = (from.codes[i] ?? 0) << codeSize
      const child = children[row | wanted] ?? 0
      if (child !== 0) put(to, child, from.errors[i] ?? 0)
      const other = hole !== wanted ? (children[row | hole] ?? 0) : 0
      if (other !== 0) put(to, other, from.errors[i] ?? 0)
    }
  }

  function extendNearly(
    from: typeof open,
    to: typeof open,
    { errors, tolerance }: Near,
    wanted: number,
    hole: number,
    transparent: number | undefined,
  ): void {
    const row = wanted << 8
    for (let i = 0; i < from.count; i++) {
      const error = from.errors[i] ?? 0
      for (let child = eldest[from.codes[i] ?? 0] ?? 0; child !== 0; child = sibling[child] ?? 0) {
        const value = lasts[child] ?? 0
        if (value === hole) put(to, child, error)
        else if (value !== transparent) {
          const more = errors[row | value] ?? 0
          if (more <= tolerance) put(to, child, error + more)
        }
      }
    }
  }

  function begin(list: typeof open, { indices, holes, near }: Raster, at: number): void {
    const wanted = indices[at] ?? 0
    list.count = 0
    put(list, wanted, 0)
    if (holes?.at[at] === 1 && holes.index !== wanted) put(list, holes.index, 0)
    if (!near || wanted === holes?.index) return
    for (const value of near.neighbours[wanted] ?? []) {
      if (value < clear && value !== holes?.index) put(list, value, near.errors[(wanted << 8) | value] ?? 0)
    }
  }

  function matchLoosely(raster: Raster, at: number): Match {
    let [here, there] = [open, longer]
    begin(here, raster, at)
    let end = at + 1
    for (; end < raster.indices.length; end++) {
      if (!raster.near && here.count === 1 && raster.holes?.at[end] === 0) {
        const child = children[((here.codes[0] ?? 0) << codeSize) | (raster.indices[end] ?? 0)] ?? 0
        if (child === 0) break
        here.codes[0] = child
        continue
      }
      extend(here, there, raster, end)
      if (there.count === 0) break
      ;[here, there] = [there, here]
    }
    let best = 0
    for (let i = 1; i < here.count; i++) if ((here.errors[i] ?? 0) < (here.errors[best] ?? 0)) best = i
    return { code: here.codes[best] ?? 0, length: end - at }
  }

  return {
    get size() {
      return next
    },
    forget() {
      while (next > clear + 2) unlearn()
    },
    match: (raster, at) => (raster.holes || raster.near ? matchLoosely(raster, at) : matchExactly(raster.indices, at)),
    learn(code, value) {
      if (next === MOST_CODES) return
      const place = (code << codeSize) | value
      parents[next] = code
      lasts[next] = value
      firsts[next] = firsts[code] ?? 0
      if (children[place] === 0) {
        children[place] = next
        live[next] = 1
        sibling[next] = eldest[code] ?? 0
        eldest[code] = next
      }
      next++
    },
    unlearn,
    first: (code) => firsts[code] ?? 0,
    shorter: (code) => parents[code] ?? 0,
  }
}
