/**
 * Uploads turn bytes that are handed in into an object of the project's store and a record that a handle names. Neither is ever
 * there without the other: a record is announced before its object is written, and what a crash leaves half done is finished or
 * undone by the sweeper (`sweep.ts`).
 */
import type { DigestName, FilePlace, FileRecord } from '../catalog/files.ts'

export type { DigestName, FileRecord } from '../catalog/files.ts'

export interface Uploads {
  /**
   * Streams a body into the store and records it under a new handle. Nothing is left when it fails. Few bodies flow at once, others
   * wait unread. Faults: too-large above `limits.uploadBytes`, bad-parameter (`context.parameter` `body`) for an empty body,
   * timed-out for one that stops coming, conflict while an object under the same exact key is being removed, store-refused
   * (`context.option` `acl`) for public access where the store takes no ACLs, what `place` and the store throw, what the body throws.
   */
  store(order: StoreOrder, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<FileRecord>
  /**
   * Replaces the content of a file; handle, key, container and name stay. The old content stays whole when it fails. Other files of
   * the same object change with it. Faults as in `store`; object-missing when the file is gone, conflict when it is being overwritten
   * or removed by somebody else.
   */
  overwrite(
    file: FileRecord,
    order: OverwriteOrder,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<FileRecord>
  /** A file that can be read; `undefined` when the handle is unknown, still arriving, or removed. */
  find(handle: string): Promise<FileRecord | undefined>
  /**
   * The content, or a part of it, as it lies in the store. Faults as in `ObjectStore.get`; conflict when a range is asked of a file
   * whose size has changed since `file` was looked up: `find` knows the new one.
   */
  read(file: FileRecord, range?: ByteRange, signal?: AbortSignal): Promise<Content>
  /**
   * Removes the file: its object and its record. `keepObject` leaves the object. An object that other files share stays. Nobody finds
   * the file any more even when the store cannot be reached: then its Fault is thrown, and the object deleted later; a store that
   * refuses leaves everything as it was. Fault object-missing when the file is gone, conflict while it is being overwritten.
   */
  remove(file: FileRecord, options?: { readonly keepObject?: boolean }): Promise<void>
  /** Digests of the whole content, lower-case hex; worked out on first demand and kept. Holds at least the `names`. */
  digests(file: FileRecord, names: readonly DigestName[], signal?: AbortSignal): Promise<FileRecord['digests']>
  /** Upright pixels of a picture, worked out on first demand and kept; `none` for anything else, documents included. */
  sides(file: FileRecord, signal?: AbortSignal): Promise<NonNullable<FileRecord['sides']>>
  /**
   * Where a new object goes, without sending anything. Faults: bad-parameter (`context.parameter` `location`) for a location
   * that the project has no store for, or (`container`) when neither the caller nor the connection names one; read-only;
   * access-denied for a container that the connection does not reach; key-invalid.
   */
  place(wish: PlaceWish): Destination
  /** Looks at once for uploads that were left unfinished; happens by itself at the start and regularly. */
  sweep(): Promise<void>
  /** Ends what is under way and stops the sweeper. */
  close(): Promise<void>
}

/**
 * A body and the file that it is: `file.size` and `file.version` are true of these bytes, also when they were replaced since the file
 * was looked up, by this server or behind its back. Headers are to be made of it.
 */
export type Content = AsyncIterable<Uint8Array> & { readonly file: FileRecord }

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
  /** Bytes. Outside of it: Fault too-large or, for too few, bad-parameter; both with `context.parameter` `size`. */
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
