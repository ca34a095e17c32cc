/**
 * Uploads turn bytes that are handed in into an object of the project's store and a record that a handle names. Neither is ever
 * there without the other: a record is announced before its object is written, and what a crash leaves half done is finished or
 * undone by the sweeper (`sweep.ts`).
 */
import type { DigestName, FilePlace, FileRecord } from '../catalog/files.ts'

export type { DigestName, FileRecord } from '../catalog/files.ts'

export interface Uploads {
  /**
   * Streams a body into the store and records it under a new handle. Nothing is left when it fails. Faults: too-large above
   * `limits.uploadBytes`, bad-parameter for an empty body, what `Destination` and the store throw, what the body throws.
   */
  store(order: StoreOrder, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<FileRecord>
  /**
   * Replaces the content of a file; handle, key, container and name stay. The old content stays whole when it fails. Fault
   * object-missing when the file is gone, conflict when it is being overwritten or removed by somebody else.
   */
  overwrite(
    file: FileRecord,
    order: OverwriteOrder,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<FileRecord>
  /** A file that can be read; `undefined` when the handle is unknown, still arriving, or removed. */
  find(handle: string): Promise<FileRecord | undefined>
  /** The content, or a part of it, as it lies in the store. Faults as in `ObjectStore.get`. */
  read(file: FileRecord, range?: ByteRange, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Removes the file: its object and its record. `keepObject` leaves the object. An object that other files share stays. */
  remove(file: FileRecord, options?: { readonly keepObject?: boolean }): Promise<void>
  /** Digests of the whole content, lower-case hex; worked out on first demand and kept. */
  digests(file: FileRecord, names: readonly DigestName[], signal?: AbortSignal): Promise<FileRecord['digests']>
  /** Upright pixels of a picture, worked out on first demand and kept; `none` for anything else. */
  sides(file: FileRecord, signal?: AbortSignal): Promise<NonNullable<FileRecord['sides']>>
  /**
   * Where a new object goes, without sending anything. Faults: bad-parameter (`context.parameter` `location`) for a location
   * that the project has no store for, read-only, access-denied for a container that the connection does not reach, key-invalid.
   */
  place(wish: PlaceWish): Destination
  /** Ends what is under way and stops the sweeper. */
  close(): Promise<void>
}

export type ByteRange = { readonly start: number; readonly end?: number }

/** What a caller says about where a file goes (filestack §1.2). */
export type PlaceWish = {
  readonly project: string
  /** `S3` when left out. */
  readonly location?: string
  /** An exact key, or a folder when it ends in `/`; leading slashes are dropped. */
  readonly path?: string
  readonly container?: string
  /** Goes into a generated key. */
  readonly filename: string
}

export type Destination = {
  /** As the project's settings spell it. */
  readonly location: string
  readonly place: FilePlace
  /** Whether the caller named the whole key, so that an object may lie there already. */
  readonly exact: boolean
}

export type StoreOrder = PlaceWish & {
  readonly apiKey: string
  readonly mimetype: string
  readonly access: 'public' | 'private'
  readonly region?: string
  readonly sourceUrl?: string
  /** Bytes. Fault too-large or too-small (`bad-parameter`, `context.parameter` `size`) outside of it. */
  readonly bounds?: SizeBounds
  /** Length of the body, when it is known. */
  readonly size?: number
}

export type OverwriteOrder = {
  /** The old one stays when left out. */
  readonly mimetype?: string
  readonly bounds?: SizeBounds
  readonly size?: number
}

export type SizeBounds = { readonly least?: number; readonly most?: number }
