/** What becomes of the parts of an upload: pure. */
import type { UploadPiece } from '../catalog/upload-sessions.ts'
import { Fault } from '../faults.ts'
import type { StoredPart } from '../storage/object-store.ts'

/** S3 takes no smaller part, unless it is the last. */
export const LEAST_PART_BYTES = 5 * 1024 * 1024
/** Small parts are gathered until they are as large as this. */
const GATHERED_BYTES = 8 * 1024 * 1024
/** S3 numbers parts from 1 to this. */
export const MOST_PARTS = 10_000

/** Bytes of a file. */
export type Run = { readonly file: string; readonly start: number; readonly length: number }
/** A part that lies on the disk. */
export type SpooledPart = {
  readonly part: number
  readonly size: number
  /** Where it came in one piece. */
  readonly etag?: string
  readonly runs: readonly Run[]
}
/** A part of the object: one that the store has, or some from the disk that it still has to be given as one. */
export type PlannedPart =
  | ({ readonly kind: 'stored' } & StoredPart)
  | { readonly kind: 'spooled'; readonly part: number; readonly size: number; readonly runs: readonly Run[] }

/** What the sender says that the file is made of. */
export type Listed = {
  readonly parts: readonly { readonly part: number; readonly etag: string }[]
  /** Whether further parts came in chunks, which nobody lists. */
  readonly chunked: boolean
}

/** Whether the store takes a part as it comes: a large one, or the only one. */
export function fitsStore(part: number, size: number, total: number): boolean {
  return size >= LEAST_PART_BYTES || (part === 1 && size === total)
}

/** Whether a part is what usual ones of `partSize` bytes leave for the end, so that the store takes it, however small. */
export function isRest(part: number, size: number, total: number, partSize: number | undefined): boolean {
  return (
    partSize !== undefined && partSize >= LEAST_PART_BYTES && size < partSize && (part - 1) * partSize + size === total
  )
}

/**
 * The bytes of a part in order, out of pieces that may overlap: the later one counts. Pieces that leave a gap are Fault bad-parameter
 * (`context.parameter` `part`).
 */
export function layOut(part: number, pieces: readonly UploadPiece[]): SpooledPart {
  const size = Math.max(0, ...pieces.map(endOf))
  const cuts = new Set(pieces.flatMap((piece) => [piece.start, endOf(piece)]))
  const points = [...cuts].sort((a, b) => a - b)
  if (points[0] !== undefined && points[0] > 0) throw incomplete(part)
  const runs: Run[] = []
  points.slice(0, -1).forEach((from, at) => {
    const to = points[at + 1] ?? size
    const latest = latestOver(pieces, from, to)
    if (latest === undefined) throw incomplete(part)
    const start = from - latest.start
    const last = runs.at(-1)
    if (last?.file === latest.file && last.start + last.length === start) {
      runs[runs.length - 1] = { ...last, length: last.length + to - from }
    } else {
      runs.push({ file: latest.file, start, length: to - from })
    }
  })
  const files = new Set(runs.map(({ file }) => file))
  const whole = files.size === 1 ? pieces.find((piece) => files.has(piece.file) && piece.size === size) : undefined
  return { part, size, runs, ...(whole && { etag: whole.etag }) }
}

/** Looked for at every cut: nothing is sorted. */
function latestOver(pieces: readonly UploadPiece[], from: number, to: number): UploadPiece | undefined {
  let latest: UploadPiece | undefined
  for (const piece of pieces) {
    if (piece.start > from || endOf(piece) < to) continue
    if (latest === undefined || piece.seq > latest.seq) latest = piece
  }
  return latest
}

/** The parts that lie on the disk and count, by number. */
export function spooledParts(pieces: readonly UploadPiece[]): readonly SpooledPart[] {
  const byPart = Map.groupBy(
    pieces.filter(({ committed }) => committed),
    ({ part }) => part,
  )
  return [...byPart].sort(([a], [b]) => a - b).map(([part, own]) => layOut(part, own))
}

/**
 * Which parts make the file of `total` bytes, in order. What lies on the disk came later than what the store has under the same number.
 * Faults bad-parameter: `context.parameter` `parts` when a listed part is not there or another one, `size` when all do not make the file.
 */
export function choose(
  listed: Listed,
  spooled: readonly SpooledPart[],
  stored: readonly StoredPart[],
  total: number,
): readonly (SpooledPart | StoredPart)[] {
  const chosen = new Map<number, SpooledPart | StoredPart>()
  const inStore = new Map(stored.map((one) => [one.part, one]))
  const onDisk = new Map(spooled.map((one) => [one.part, one]))
  if (listed.chunked) for (const one of [...stored, ...spooled]) chosen.set(one.part, one)
  for (const { part, etag } of listed.parts) {
    const found = [onDisk.get(part), inStore.get(part)].find((one) => sameEtag(one?.etag, etag))
    if (found === undefined) throw bad('parts', `part ${part} is not there, or is another one`)
    chosen.set(part, found)
  }
  const parts = [...chosen.values()].sort((a, b) => a.part - b.part)
  const size = parts.reduce((sum, one) => sum + one.size, 0)
  if (size !== total) throw bad('size', `the parts have ${size} bytes together`)
  return parts
}

/**
 * The parts that the store puts together: small ones from the disk gathered with their neighbours there, under the number of the first.
 * Fault bad-parameter (`parts`) for a small part between large ones that the store has already.
 */
export function gather(parts: readonly (SpooledPart | StoredPart)[]): readonly PlannedPart[] {
  const planned: PlannedPart[] = []
  let open = false
  for (const one of parts) {
    const last = planned.at(-1)
    if (!('runs' in one)) {
      planned.push({ kind: 'stored', ...one })
      open = false
    } else if (open && last?.kind === 'spooled' && (last.size < GATHERED_BYTES || one.size < LEAST_PART_BYTES)) {
      planned[planned.length - 1] = { ...last, size: last.size + one.size, runs: [...last.runs, ...one.runs] }
    } else {
      planned.push({ kind: 'spooled', part: one.part, size: one.size, runs: one.runs })
      open = true
    }
  }
  const small = planned.slice(0, -1).find(({ size }) => size < LEAST_PART_BYTES)
  if (small !== undefined) throw bad('parts', `part ${small.part} is smaller than the store takes`)
  return planned
}

/** ETags are compared without their quotes. */
export function sameEtag(one: string | undefined, other: string): boolean {
  return one !== undefined && bare(one) === bare(other)
}

function bare(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '').trim().toLowerCase()
}

function endOf({ start, size }: UploadPiece): number {
  return start + size
}

function incomplete(part: number): Fault {
  return bad('part', `chunks of part ${part} are missing`)
}

function bad(parameter: string, message: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter } })
}
