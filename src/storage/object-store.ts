/**
 * A place that holds objects by key: a bucket, a folder, a web server. The same interface serves sources, targets and the
 * result cache. Keys are full object keys (the connection's prefix is joined by `stores.ts`, not here).
 */
export interface ObjectStore {
  readonly capabilities: Capabilities
  /** Facts of an object without its bytes. Throws Fault object-missing, access-denied, source-*, store-misconfigured. */
  head(key: ObjectKey, options?: ReadOptions): Promise<ObjectHead>
  /** The object. With `ifNoneMatch` the answer may be `unchanged`. A body that ends early throws source-unreachable. */
  get(key: ObjectKey, options?: GetOptions): Promise<ObjectAnswer>
  /** Writes atomically: the object appears whole or not at all. A body whose length differs from `size` is not stored. */
  put(key: ObjectKey, body: PutBody, options?: PutOptions): Promise<{ readonly version: string | undefined }>
  /** Deleting what does not exist is no error. */
  delete(key: ObjectKey): Promise<void>
  /** Keys below a prefix in ascending order, page by page. */
  list(
    prefix: string,
    options?: { readonly limit?: number; readonly after?: string; readonly bucket?: string },
  ): Promise<{ readonly entries: readonly ObjectEntry[]; readonly more: boolean }>
  /** A URL that works without credentials for `expiresSeconds`. Throws `unsupported` where the store cannot. */
  presign(key: ObjectKey, method: 'GET' | 'PUT', expiresSeconds: number): Promise<string>
  /** Absent where an object cannot be put together from parts. */
  readonly parts?: PartStore
  close(): Promise<void>
}

/**
 * Objects put together from parts that come one by one, in any order, perhaps from elsewhere. Nothing of an object is seen before
 * `complete`. Part numbers go from 1 to 10,000; a part that comes again replaces the earlier one; all but the last need 5 MiB.
 */
export interface PartStore {
  /** Begins an object; its id goes into all other calls. Faults as in `put`. */
  begin(key: ObjectKey, options?: Omit<PutOptions, 'size'>): Promise<string>
  /**
   * Where somebody without credentials may put a part for `expiresSeconds`, and the headers that must go along. The URL is signed for
   * this size and digest, and for the region of the bucket.
   */
  presign(
    key: ObjectKey,
    upload: string,
    slice: PartSlice,
    expiresSeconds: number,
  ): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>
  /**
   * Stores a part. Bytes are sent again after throttling and broken connections; a stream goes through once, without being held in
   * memory. Faults as in `put`; not-found for an unknown upload, bad-parameter (`context.option` `md5`) for a wrong digest.
   */
  put(
    key: ObjectKey,
    upload: string,
    slice: PartSlice,
    body: PutBody,
    signal?: AbortSignal,
  ): Promise<{ readonly etag: string }>
  /** The parts that are there, by number. Fault not-found for an unknown upload. */
  list(key: ObjectKey, upload: string): Promise<readonly StoredPart[]>
  /**
   * Makes the object of these parts. Doing it again is no error as long as the object is there. Fault not-found for an unknown upload,
   * bad-parameter for parts that are not there or too small.
   */
  complete(
    key: ObjectKey,
    upload: string,
    parts: readonly { readonly part: number; readonly etag: string }[],
  ): Promise<{ readonly version: string | undefined }>
  /** Drops all parts. An unknown upload is no error. */
  abort(key: ObjectKey, upload: string): Promise<void>
  /**
   * Whether the CORS rules of a bucket let pages of `origin` (of any one, when left out) put parts with a digest and read the ETag.
   * The answer is remembered for some minutes; whatever the store refuses means no.
   */
  browsersMayPut(bucket?: string, origin?: string): Promise<boolean>
}

export type PartSlice = {
  readonly part: number
  /** Bytes. */
  readonly size: number
  /** Base64. */
  readonly md5?: string
}
export type StoredPart = { readonly part: number; readonly size: number; readonly etag: string }

/** `bucket` overrides the connection's own one. */
export type ObjectKey = { readonly key: string; readonly bucket?: string }

export type Capabilities = {
  readonly write: boolean
  readonly acl: boolean
  readonly tags: boolean
  readonly storageClass: boolean
  readonly metadata: boolean
  readonly presign: boolean
}

export type ReadOptions = {
  readonly signal?: AbortSignal
  /** Only web sources look at these. */
  readonly headers?: Readonly<Record<string, string>>
}
export type GetOptions = ReadOptions & {
  readonly range?: { readonly start: number; readonly end?: number }
  readonly ifNoneMatch?: string
  /** A longer answer ends in Fault too-large, before or while it flows. */
  readonly maxBytes?: number
}

export type ObjectHead = {
  /** Identifies these bytes: the ETag, else last-modified + size. Absent when the store says neither. */
  readonly version: string | undefined
  readonly etag: string | undefined
  /** Bytes of the whole object, also in the answer to a range; absent when a web server does not say. */
  readonly size: number | undefined
  readonly lastModified: Date | undefined
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  /** User metadata (`x-amz-meta-*` without the prefix, lower case); for web sources the response headers. */
  readonly metadata: Readonly<Record<string, string>>
}
export type ObjectAnswer =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'object'; readonly head: ObjectHead; readonly body: AsyncIterable<Uint8Array> }

export type ObjectEntry = {
  readonly key: string
  readonly size: number
  readonly lastModified: Date | undefined
  readonly etag: string | undefined
}

export type PutBody = Uint8Array | AsyncIterable<Uint8Array>
export type PutOptions = {
  /** Exact length of the body; required for streams whose length is known. */
  readonly size?: number
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  readonly cacheControl?: string
  readonly expires?: Date
  readonly acl?: string
  readonly storageClass?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Everything an adapter needs to know; secrets are already opened. */
export type StoreConfig =
  | {
      readonly provider: 's3'
      readonly bucket?: string
      readonly region?: string
      readonly endpoint?: string
      readonly forcePathStyle?: boolean
      readonly accessKeyId?: string
      readonly secretAccessKey?: string
      readonly sessionToken?: string
      /** An endpoint named by a caller is guarded; one from the operator's file is not. */
      readonly guarded: boolean
    }
  | { readonly provider: 'folder'; readonly path: string }
  | {
      readonly provider: 'azure'
      readonly accountName: string
      /** Base64. Without it a shared access signature is needed. */
      readonly accountKey?: string
      /** The query string of a shared access signature, with or without its `?`; signs no URLs of its own. */
      readonly sasToken?: string
      readonly container?: string
      /** Left out for Azure itself. An emulator's ends in the account's name. */
      readonly endpoint?: string
      /** An endpoint named by a caller is guarded; one from the operator's file is not. */
      readonly guarded: boolean
    }
  | {
      readonly provider: 'web'
      readonly baseUrl?: string
      readonly guarded: boolean
      readonly hosts?: readonly string[]
      readonly headers?: Readonly<Record<string, string>>
    }
