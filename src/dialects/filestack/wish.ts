/** What a caller wants of a new file: parameters of filestack §1.1, read and checked. */
import type { FileRecord } from '../../catalog/files.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Destination } from '../../uploads/uploads.ts'
import { type App, findApp } from './app.ts'
import type { Call, Credentials, Grant } from './authority.ts'
import type { Context } from './context.ts'
import { badParameter, NO_APP, placing, refusing } from './faults.ts'
import { typeOf } from './names.ts'
import { credentialsOf, type Parameters } from './parameters.ts'

export type Wish = {
  readonly app: App
  readonly credentials: Credentials
  /** As the caller spelt it; absent: S3. */
  readonly location: string | undefined
  readonly filename: string | undefined
  readonly mimetype: string | undefined
  readonly path: string | undefined
  readonly container: string | undefined
  readonly region: string | undefined
  readonly access: 'public' | 'private'
  readonly base64: boolean
}

/** Where the request came in. */
export type Door = {
  /** The project whose host was asked: only its apps are known there. */
  readonly project: string | undefined
}

/**
 * Reads the parameters of a store call. Faults with status 403 for a key that is no app's, 400 for what cannot be used.
 *
 * @param location the segment behind `/api/store`, which counts more than a parameter
 */
export function readWish(
  { directory }: Pick<Context, 'directory'>,
  exchange: Exchange,
  door: Door,
  parameters: Parameters,
  location?: string,
): Wish {
  const app = appAt(directory, door, parameters.text('key'))
  const path = parameters.text('path', 'storePath')
  if (parameters.flag('multiple') === true && path !== undefined && !path.endsWith('/')) {
    throw badParameter('multiple', 'the path must be a folder that ends in /')
  }
  return {
    app,
    credentials: credentialsOf(exchange, parameters),
    location: location || parameters.text('location', 'storeLocation'),
    filename: parameters.text('filename'),
    mimetype: mimetypeOf(parameters),
    path,
    container: parameters.text('container', 'storeContainer'),
    region: regionOf(parameters),
    access: accessOf(parameters),
    base64: parameters.flag('base64decode') ?? false,
  }
}

/** The app of an API key. Fault with status 403 when there is none, or none at this door. */
export function appAt(directory: Context['directory'], door: Door, key: string | undefined): App {
  const app = key === undefined ? undefined : findApp(directory, key)
  if (app === undefined || (door.project !== undefined && app.project.id !== door.project)) throw refusing(NO_APP)
  return app
}

/** The media type that the caller gives a file. Fault with status 400 for what is none. */
export function mimetypeOf(parameters: Parameters): string | undefined {
  const text = parameters.text('mimetype')
  const type = typeOf(text)
  if (text !== undefined && type === undefined) throw badParameter('mimetype', 'not a media type')
  return type
}

function regionOf(parameters: Parameters): string | undefined {
  const region = parameters.text('region', 'storeRegion')
  if (region !== undefined && !/^[A-Za-z0-9-]{1,64}$/.test(region)) throw badParameter('region', 'not a region')
  return region
}

function accessOf(parameters: Parameters): 'public' | 'private' {
  const access = parameters.text('access', 'storeAccess')?.toLowerCase() ?? 'private'
  if (access !== 'public' && access !== 'private') throw badParameter('access', 'expected public or private')
  return access
}

/** Where a file goes, and how large it may be. */
export type Allowed = Grant & { readonly destination: Destination }

/** Where a file goes, and that it may. Throws PolicyRefusal; Faults of `Uploads.place`. */
export function authorise(
  { uploads, authority }: Pick<Context, 'uploads' | 'authority'>,
  wish: Wish,
  filename: string,
  calls: readonly Call[] = ['store'],
): Allowed {
  const { app, credentials, path, container, location } = wish
  const destination = placing(() =>
    uploads.place({
      project: app.project.id,
      filename,
      ...(location !== undefined && { location }),
      ...(path !== undefined && { path }),
      ...(container !== undefined && { container }),
    }),
  )
  const { key, container: effective = '' } = destination.place
  const grant = authority.check(app, credentials, { calls, key, container: effective, ...(path && { path }) })
  return { ...grant, destination }
}

/** A stored file as the REST API tells of it (filestack §1.1). */
export function blobOf({ publicUrl }: Pick<Context, 'publicUrl'>, file: FileRecord) {
  const { handle, size, mimetype, filename, place } = file
  return {
    url: `${publicUrl()}/api/file/${handle}`,
    handle,
    size,
    type: mimetype,
    mimetype,
    filename,
    key: place.key,
    container: place.container ?? '',
    isWriteable: true,
  }
}
