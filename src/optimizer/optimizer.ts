/**
 * The optimizer takes a picture, makes one or several smaller ones of it, and either puts them into a store or publishes them
 * for a while. An `Order` says what is wanted in the words of pictures; a `Report` says what became of it. Dialects translate both.
 */
import type { Facts } from '../plan/facts.ts'
import type { Colour, FrameSelect, OutputFormat, SourceFormat, Step } from '../plan/plan.ts'
import type { StoreConfig } from '../storage/object-store.ts'

export interface Optimizer {
  /**
   * Fills the order: all of its results are stored, or none is. Throws Faults of taking the source (`context.stage` is
   * `source`), of making the results, and of storing them (`context.stage` is `store`).
   */
  fill(order: Order, signal?: AbortSignal): Promise<Report>
  /**
   * What an order's source is, without filling it: for work that is accepted now and done later. Same faults as `fill` has for the
   * source.
   */
  look(source: Taken, sourceBytes: number): Promise<Facts>
  /** Uploads on disk. */
  readonly spool: Spool
  /** A published result; `undefined` when there is none under that id, or its time is over. */
  result(id: string): Promise<PublishedFile | undefined>
  /** Waits for what is under way and stops looking for expired results. */
  close(): Promise<void>
}

/** Where uploads lie between their arrival and their work. */
export interface Spool {
  /** Writes a body to disk. Fault too-large above `limit` bytes, disk-full; nothing is left then, nor when the body breaks off. */
  receive(body: AsyncIterable<Uint8Array>, limit: number): Promise<Spooled>
  /**
   * Makes an upload outlive this process, for the job (a UUID) that is about to be queued: until then a restart throws it away.
   * Resolves with its id from now on.
   */
  accept(id: string, job: string): Promise<string>
  /** Removes what an earlier process accepted and no job needs: it died before it queued the job, or after the job ended. */
  tidy(isNeeded: (job: string) => Promise<boolean>): Promise<void>
  /** Fault object-missing when it is gone. */
  read(id: string): Promise<Buffer>
  /** Removing what is not there is no error. */
  remove(id: string): Promise<void>
}
export type Spooled = { readonly id: string; readonly bytes: number }

export type Order = {
  readonly project: string
  readonly source: Taken
  /** Largest source, bytes. Fault too-large above it. */
  readonly sourceBytes: number
  /**
   * What shall be made of the picture, now that it is known; one to ten. May throw a Fault for a picture that the dialect does
   * not take. Called once, before anything is decoded.
   */
  readonly compile: (facts: Facts) => readonly [Version, ...Version[]]
}

/** A picture handed in: bytes, an upload on disk, or a URL that is fetched under the network guard. */
export type Taken =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Received by the optimizer's spool; whoever received it removes it in the end. */
  | { readonly kind: 'spooled'; readonly id: string }
  | { readonly kind: 'url'; readonly url: string; readonly headers?: Readonly<Record<string, string>> }

/** One result of an order. */
export type Version = {
  /** Unique within the order. */
  readonly id: string
  readonly frame: FrameSelect
  /** Run in order on the stored pixels; the dialect says `orient` where it wants them upright. */
  readonly steps: readonly Step[]
  /** `source`: as it came; where that cannot be written, JPEG or (with transparency) PNG. */
  readonly format: OutputFormat | 'source'
  readonly compression: Compression
  /** Metadata that stays; everything else goes. */
  readonly keep: readonly Kept[]
  /** What becomes of the colours when the profile goes: nothing, or converted to sRGB first. */
  readonly colour: 'as-stored' | 'srgb'
  /** Shows through where a transparent picture becomes opaque. */
  readonly background: Colour
  /** Name of the file; the extension follows a changed format unless `keepExtension` is set. */
  readonly name: { readonly text: string; readonly keepExtension: boolean }
  readonly into: Publish | Push
}

export type Compression =
  /**
   * The picture does not change. Where steps or another format force an encode, `exact` formats that can be are written without
   * any loss, others visually lossless.
   */
  | { readonly kind: 'lossless'; readonly forced: 'exact' | 'visually'; readonly chroma: '4:2:0' | '4:4:4' }
  /**
   * `auto`: several qualities are tried and the best one per byte is kept; `level`: the same around another target; a number
   * (1…100): exactly that, in formats that have qualities.
   */
  | {
      readonly kind: 'lossy'
      readonly quality: 'auto' | number | { readonly level: 'medium' | 'high' | 'ultra' }
      readonly chroma: '4:2:0' | '4:4:4'
    }

/** Groups of single tags, as kraken §6 lists them. */
export type Kept = 'profile' | 'date' | 'copyright' | 'geotag' | 'orientation'

/** Kept on this server for the time that the optimizer was created with. */
export type Publish = {
  readonly kind: 'publish'
  /** 32 lower-case hex digits; made when absent. */
  readonly id?: string
}

export type Push = {
  readonly kind: 'push'
  readonly target: PushTarget
  /** Object key. Empty or with a `/` at its end: the name is appended. A `/` at its beginning goes. */
  readonly key: string
  readonly options: PushOptions
}

export type PushTarget =
  /** A connection of the order's project; it must be writable, and its prefix holds for its own bucket. */
  | { readonly kind: 'connection'; readonly alias: string; readonly bucket?: string }
  /** The caller's own keys. A config whose endpoint the caller chose is `guarded`. */
  | { readonly kind: 'credentials'; readonly config: Exclude<StoreConfig, { provider: 'folder' | 'web' }> }

export type PushOptions = {
  /** `asked: false`: only the dialect's default, left out where the store refuses it. */
  readonly acl?: { readonly value: string; readonly asked: boolean }
  readonly storageClass?: string
  /** Standard headers of the object (Cache-Control, Expires, Content-Type …), any case. Fault bad-parameter for others. */
  readonly headers?: Readonly<Record<string, string>>
  readonly metadata?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
}

export type Report = {
  readonly source: {
    readonly bytes: number
    readonly format: SourceFormat
    readonly facts: Facts
    /** 40 lower-case hex digits. */
    readonly sha1: string
  }
  /** In the order's order. */
  readonly results: readonly [Result, ...Result[]]
}

export type Result = {
  readonly id: string
  readonly format: SourceFormat
  /** Media type. */
  readonly type: string
  readonly bytes: number
  /** Of the bytes: 40 lower-case hex digits. */
  readonly sha1: string
  /** Stored pixels of one frame. */
  readonly width: number
  readonly height: number
  readonly name: string
  readonly at: Published | Stored
}

export type Published = { readonly kind: 'published'; readonly id: string; readonly expires: Date }

export type Stored = {
  readonly kind: 'stored'
  /** Absent for stores without buckets (folders). */
  readonly bucket: string | undefined
  /** The full object key, prefix included. */
  readonly key: string
  /** Set when the store takes no ACLs and the dialect's default was left out. */
  readonly withoutAcl: boolean
}

export type PublishedFile = {
  readonly file: string
  readonly size: number
  readonly type: string
  readonly name: string
  readonly expires: Date
  /** Of the bytes, quoted. */
  readonly etag: string
}
