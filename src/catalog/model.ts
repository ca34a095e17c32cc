/** What the catalog holds, as the rest of the house sees it. Secrets are absent; `Vault`-sealed values stay in the catalog. */

export type DialectName = 'pixboost' | 'imagekit' | 'kraken' | 'compressor' | 'filestack'

/** A tenant with everything the request path asks for; immutable, replaced as a whole when something changes. */
export type Project = {
  readonly id: string
  readonly keys: readonly Key[]
  /** In declared order. */
  readonly connections: readonly Connection[]
  /** The dialects' own sections of the configuration, validated by `config`. */
  readonly settings: ProjectSettings
}

export type Key = {
  readonly label: string
  readonly publicKey: string
  /** Hosts whose pictures may be asked for by URL: exact, or `.example.org` for every sub-domain. */
  readonly allowedHosts: readonly string[]
  /** Empty = all dialects. */
  readonly dialects: readonly DialectName[]
  readonly declared: boolean
}

export type Connection = {
  /** Stable across edits; changes of `revision` mean that stores opened from it must be opened anew. */
  readonly id: string
  readonly revision: number
  readonly alias: string
  readonly name: string
  readonly provider: 's3' | 'folder' | 'web' | 'azure'
  readonly read: boolean
  readonly write: boolean
  readonly prefix: string
  readonly bucket?: string
  readonly buckets: readonly string[]
  readonly region?: string
  readonly endpoint?: string
  readonly forcePathStyle?: boolean
  /** Present when the connection has its own S3 keys; the secret is opened by `Catalog.openSecrets`. */
  readonly accessKeyId?: string
  readonly path?: string
  readonly baseUrl?: string
  readonly accountName?: string
  readonly container?: string
  readonly encodeKeys: boolean
  readonly canonicalBaseUrl?: string
  readonly publicBaseUrl?: string
  /** From the operator (file, command line) rather than through a project's API. */
  readonly operator: boolean
  readonly declared: boolean
}

/** What a connection keeps confidential; opened only where a store is opened. */
export type ConnectionSecrets = {
  /** S3; belongs to `accessKeyId`. */
  readonly secretAccessKey?: string
  /** Azure; belongs to `accountName`. */
  readonly accountKey?: string
}

export type ProjectSettings = {
  readonly pixboost: PixboostSettings
  readonly imagekit: ImagekitSettings
  /** Absent: Filestack does not answer for the project. */
  readonly filestack?: FilestackSettings
  /** Settings that have no type here are carried as they were declared. */
  readonly others: Readonly<Record<string, unknown>>
}
export type PixboostSettings = {
  readonly cacheSeconds: number
  readonly upstreamErrors: 'mapped' | 'always500'
  readonly saveData: boolean
  readonly engineRoutes: boolean
}
/** The account of imagekit §1. */
export type ImagekitSettings = {
  readonly settings: ImageSettings
  /** Empty: the default endpoint alone, with every readable connection in order. */
  readonly endpoints: readonly { readonly prefix: string; readonly origins: readonly string[] }[]
  /** Name → transformation string. */
  readonly namedTransformations: Readonly<Record<string, string>>
  /** Alias of the connection that holds uploads; the first origin of every endpoint. */
  readonly mediaLibrary?: string
}
/** What ImageKit's dashboard calls image settings (imagekit §1.2). */
export type ImageSettings = {
  readonly autoFormat: boolean
  readonly autoAvif: boolean
  readonly quality: number
  readonly keepMetadata: 'none' | 'profile' | 'all'
  readonly autoOrient: boolean
  readonly chroma420: boolean
  readonly png: 'maximum' | 'minimum' | 'none'
  readonly dataSaver: boolean
  /** Pixels; 0 = no bound. */
  readonly maxWidth: number
  readonly maxHeight: number
  readonly restrictUnsigned: boolean
  readonly restrictUnnamed: boolean
  readonly unknownParameters: 'refuse' | 'ignore'
}
/** The app of filestack §0 and §6. */
export type FilestackSettings = {
  /** Demands a policy and a signature on every call. */
  readonly security: boolean
  /** Location (`S3`, `azure` …) → alias of a writable connection. Matched without regard to case. */
  readonly stores: Readonly<Record<string, string>>
  /** Name in `src://name/…` → where it lies. */
  readonly aliases: Readonly<Record<string, { readonly connection: string; readonly prefix: string }>>
  /**
   * Whether parts of multipart uploads go to the store by signed URLs, past this server: `auto` where the bucket's CORS rules let
   * browsers do so.
   */
  readonly directUploads: 'auto' | 'always' | 'never'
}

/** What the request path needs; answered from memory. */
export interface Directory {
  /** Grows with every change of anything; memoised results of an older generation are void. */
  readonly generation: number
  project(id: string): Project | undefined
  byPublicKey(publicKey: string): { readonly project: Project; readonly key: Key } | undefined
  /** Found by HMAC index, then compared in constant time. */
  bySecret(secret: string): { readonly project: Project; readonly key: Key } | undefined
}
