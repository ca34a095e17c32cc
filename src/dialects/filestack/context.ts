/** What every part of the dialect is given. */
import type { Directory } from '../../catalog/model.ts'
import type { Delivering } from '../../delivery/create.ts'
import type { Log } from '../../http/exchange.ts'
import type { Uploads } from '../../uploads/uploads.ts'
import type { Authority } from './authority.ts'

export type Context = {
  readonly directory: Directory
  readonly authority: Authority
  readonly uploads: Uploads
  readonly delivery: Delivering
  readonly download: Download
  /** Where this server is reached, without a slash at the end. Every URL of an answer begins with it, never with the Host header. */
  publicUrl(): string
  readonly limits: Limits
  readonly log: Log
  /** Milliseconds since the epoch. */
  now(): number
}

export type Limits = {
  /** Largest file that is only stored, bytes. */
  readonly uploadBytes: number
  /** Largest picture that is decoded, bytes. */
  readonly sourceBytes: number
}

/**
 * The bytes behind a URL that a caller named, reached under the network guard, redirects followed, content codings undone. Faults of
 * the web store, while the body flows too; too-large above `limits.uploadBytes`.
 */
export type Download = (
  url: string,
  headers: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal | undefined,
) => Promise<Downloaded>

export type Downloaded = {
  readonly body: AsyncIterable<Uint8Array>
  /** Without parameters. */
  readonly contentType?: string
  /** From `Content-Disposition`. */
  readonly filename?: string
  /** Bytes of the body, when they are known. */
  readonly size?: number
}
