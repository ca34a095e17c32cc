import type { Facts, Limits, Offer } from '../plan/facts.ts'
import type { OutputFormat, Plan, SourceRef } from '../plan/plan.ts'
import type { SharedPixels } from './shared.ts'

export type EngineOptions = {
  readonly limits: Limits
  /** Encodes at once, in units of one core's work. Default: number of cores. */
  readonly slots: number
  /** Bytes of a further source (a layer's picture). */
  readonly open: (project: string, source: SourceRef, signal?: AbortSignal) => Promise<Buffer>
}

export type Rendered = {
  readonly bytes: Buffer
  readonly format: OutputFormat
  readonly width: number
  readonly height: number
  readonly frames: number
  /** Further sources that went into the picture. */
  readonly used: readonly SourceRef[]
}

export interface Engine {
  /** Header facts; rejects what is not a picture, too large, or has too many frames (Fault not-an-image, too-large, image-corrupt). */
  probe(bytes: Buffer): Promise<Facts>
  /** Adds the measured facts that `plan` needs for its choices (illustration …). Returns `facts` itself when nothing is needed. */
  measure(plan: Plan, facts: Facts, bytes: Buffer, offer: Offer): Promise<Facts>
  /**
   * Runs the plan. `untouched` (also for vectors and results larger than the source, as the plan says) hands the source on.
   * Waits for its turn at the encode gate: Fault overloaded when the queue is full. Cost above the limits: Fault too-large.
   */
  render(work: {
    readonly project: string
    readonly plan: Plan
    readonly bytes: Buffer
    readonly facts: Facts
    readonly offer: Offer
    /** Given to each of several works on the same bytes, empty at first: what can be decoded once is. */
    readonly shared?: SharedPixels
  }): Promise<Rendered | 'untouched'>
  /** Works at the encode gate, for readiness and metrics. */
  load(): { readonly running: number; readonly queued: number }
  /** Waits for what is under way, then ends the worker threads. */
  close(): Promise<void>
}
