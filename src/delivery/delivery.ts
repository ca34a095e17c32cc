import type { Facts, Offer } from '../plan/facts.ts'
import type { OutputFormat, Plan, SourceRef } from '../plan/plan.ts'

/** A picture asked for by URL: where it may come from, what shall happen to it, what the caller can take. */
export type Delivery = {
  readonly project: string
  /** Tried in order; a missing object moves on. */
  readonly sources: readonly [SourceRef, ...SourceRef[]]
  /** Served in place of the picture when no source has it. */
  readonly instead?: SourceRef
  readonly plan: Plan
  readonly offer: Offer
  /** Smaller than the server's own limits where the dialect says so. */
  readonly limits?: { readonly sourceBytes?: number }
  /** `recompute` looks into no cache (but still fills it); `none` neither looks nor fills. */
  readonly caching: 'use' | 'recompute' | 'none'
  /** Whether this request may see sources that are marked private. */
  readonly seesPrivate: boolean
}

/** The answer, ready to be sent. Bytes are shared with the cache and must not be changed. */
export type Delivered = {
  readonly body: Body
  readonly size: number
  /** Real media type of the body; for untouched bytes the source's own when it says one. */
  readonly contentType: string
  /** Set only when the source's bytes are handed on as stored. */
  readonly contentEncoding?: string
  /** Strong, quoted, from the bytes. */
  readonly etag: string
  readonly lastModified?: Date
  readonly source: SourceRecord
  /** Absent when bytes are handed on untouched. */
  readonly picture?: {
    readonly format: OutputFormat
    readonly width: number
    readonly height: number
    readonly frames: number
  }
  readonly from: 'memory' | 'disk' | 'bucket' | 'computed'
}

/** Small bodies are in memory; large cached ones are read from their file by range. */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'file'; open(range?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array> }

/** What is remembered of a source object: persisted beside the cache entries. */
export type SourceRecord = {
  readonly source: SourceRef
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly checkedAt: number
  readonly private: boolean
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly lastModified?: number
  readonly facts?: Facts
}

export interface DeliveryService {
  /** Throws a Fault. Coalesces equal requests; a caller who aborts leaves the others' work alone. */
  deliver(delivery: Delivery, signal?: AbortSignal): Promise<Delivered>
  /** Drops every cached variant and the cached original of a source, and what used it as a layer. Returns the number of entries dropped. */
  purge(project: string, source: SourceRef): Promise<number>
  /** Waits for work in flight; part of the graceful shutdown. */
  close(): Promise<void>
}
