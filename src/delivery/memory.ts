import { LRUCache } from 'lru-cache'
import type { Delivered } from './delivery.ts'
import type { Known } from './entry.ts'

/** What the memory level holds under a key. */
export type Held =
  | { readonly kind: 'record'; readonly known: Known }
  | { readonly kind: 'original'; readonly delivered: Delivered; readonly bytes: Buffer }
  | { readonly kind: 'answer'; readonly delivered: Delivered; readonly bytes: Buffer; readonly uses: readonly string[] }

export type Dropped = { readonly key: string; readonly layered: boolean }

export type Memory = {
  get(key: string): Held | undefined
  /** Holds it unless it is larger than a quarter of its share. */
  set(key: string, held: Held): void
  delete(key: string): void
  /** Drops what comes from, or was made with, the source with this base key. */
  drop(source: string): Dropped[]
  /** Bytes held, by estimate at least what they cost. */
  readonly bytes: number
  readonly size: number
}

/** Key strings, objects and the map around a body. */
const OVERHEAD = 1024
/** Originals may take this share, so that a few large ones do not push out the answers. */
const ORIGINALS = 0.25

/** The memory level: bounded in bytes, the longest unused goes first. Records and answers share one bound. */
export function createMemory(budget: number): Memory {
  const originals = level(Math.floor(budget * ORIGINALS))
  const answers = level(budget - Math.floor(budget * ORIGINALS))

  return {
    get: (key) => answers?.get(key) ?? originals?.get(key),
    set(key, held) {
      const home = held.kind === 'original' ? originals : answers
      home?.set(key, held)
    },
    delete(key) {
      answers?.delete(key)
      originals?.delete(key)
    },
    drop(source) {
      const dropped: Dropped[] = []
      for (const home of [answers, originals]) {
        for (const [key, held] of home?.entries() ?? []) {
          const uses = held.kind === 'answer' ? held.uses : []
          if (key.startsWith(source) || uses.includes(source)) dropped.push({ key, layered: uses.length > 0 })
        }
        for (const { key } of dropped) home?.delete(key)
      }
      return dropped
    },
    get bytes() {
      return (answers?.calculatedSize ?? 0) + (originals?.calculatedSize ?? 0)
    },
    get size() {
      return (answers?.size ?? 0) + (originals?.size ?? 0)
    },
  }
}

function level(bytes: number): LRUCache<string, Held> | undefined {
  if (bytes < 1) return undefined
  return new LRUCache<string, Held>({
    maxSize: bytes,
    maxEntrySize: Math.max(1, Math.floor(bytes / 4)),
    sizeCalculation: (held, key) => OVERHEAD + 4 * key.length + (held.kind === 'record' ? 0 : held.bytes.length),
  })
}
