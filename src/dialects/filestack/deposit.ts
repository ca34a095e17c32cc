import type { FileRecord } from '../../catalog/files.ts'
import { decodeBase64 } from './base64.ts'
import type { Context } from './context.ts'
import { storing } from './faults.ts'
import { forgetPictures } from './pictures.ts'
import type { Allowed, Wish } from './wish.ts'

/** What is to be stored: bytes that flow, and what they are called. */
export type Piece = {
  readonly filename: string
  readonly mimetype: string
  readonly body: AsyncIterable<Uint8Array>
  /** Bytes of `body`, when they are known. */
  readonly size?: number
  readonly sourceUrl?: string
}

/** Stores a piece as the wish says, within what is allowed. Faults of `Uploads.store`. */
export async function deposit(
  context: Pick<Context, 'uploads' | 'delivery' | 'log'>,
  { app, base64, location, path, container, region, access }: Wish,
  { filename, mimetype, body, size, sourceUrl }: Piece,
  { bounds, destination }: Allowed,
  signal: AbortSignal,
): Promise<FileRecord> {
  const order = {
    project: app.project.id,
    apiKey: app.key.publicKey,
    ...{ filename, mimetype, access, bounds },
    ...(location !== undefined && { location }),
    ...(path !== undefined && { path }),
    ...(container !== undefined && { container }),
    ...(region !== undefined && { region }),
    ...(sourceUrl !== undefined && { sourceUrl }),
    ...(size !== undefined && !base64 && { size }),
  }
  const bytes = base64 ? decodeBase64(body) : body
  const file = await storing(destination.location, () => context.uploads.store(order, bytes, signal))
  // Another object may have been there, and pictures made of it.
  if (destination.exact) await forgetPictures(context, app, file)
  return file
}
