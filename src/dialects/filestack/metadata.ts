/** What is told of a stored file (filestack §1.3); the same JSON on the file API and the CDN. */
import { DIGESTS, type DigestName, type FileRecord } from '../../catalog/files.ts'
import type { App } from './app.ts'
import type { Credentials } from './authority.ts'
import type { Context } from './context.ts'
import { readExif } from './exif.ts'

/** Members that are told when nothing is asked for by name. */
const DEFAULTS = [
  'size',
  'mimetype',
  'filename',
  'uploaded',
  'writeable',
  'location',
  'path',
  'container',
  'key',
] as const
/** Members that cost more, or that not everybody may see. */
const OTHERS = ['width', 'height', ...DIGESTS, 'source_url', 'sourceUrl', 'cloud', 'exif'] as const

export type Flag = (typeof DEFAULTS)[number] | (typeof OTHERS)[number]
const FLAGS: readonly Flag[] = [...DEFAULTS, ...OTHERS]

/** The flags among some words; words that nobody knows are passed over. */
export function flagsOf(isAsked: (name: Flag) => boolean): readonly Flag[] {
  return FLAGS.filter(isAsked)
}

export type Telling = {
  readonly file: FileRecord
  readonly app: App
  readonly credentials: Credentials
  /** Empty: the default set. */
  readonly flags: readonly Flag[]
  readonly signal: AbortSignal
}

/**
 * The metadata of a file, fresh from its record. Throws PolicyRefusal: everything needs `stat` where the app demands policies, `exif`
 * a policy that names it, always. Faults of reading the object for what is worked out from it.
 */
export async function metadataOf(context: Context, telling: Telling): Promise<Readonly<Record<string, unknown>>> {
  const { file, app, credentials, signal } = telling
  const flags = telling.flags.length === 0 ? DEFAULTS : telling.flags
  const exif = telling.flags.includes('exif')
  const { handle } = file
  context.authority.check(app, credentials, { calls: exif ? ['stat', 'exif'] : ['stat'], handle, always: exif })
  const digests = await context.uploads.digests(file, flags.filter(isDigest), signal)
  const sides = flags.includes('width') || flags.includes('height') ? await context.uploads.sides(file, signal) : 'none'
  const value = (flag: Flag): unknown => {
    if (isDigest(flag)) return digests[flag]
    if (flag === 'width' || flag === 'height') return sides === 'none' ? null : sides[flag]
    return plainValue(file, flag)
  }
  const members = flags.filter((flag) => flag !== 'exif').map((flag) => [flag, value(flag)] as const)
  return { ...Object.fromEntries(members), ...(exif && { exif: await readExif(context.uploads, file, signal) }) }
}

function isDigest(flag: string): flag is DigestName {
  return DIGESTS.some((name) => name === flag)
}

type PlainFlag = Exclude<Flag, DigestName | 'width' | 'height' | 'exif'>

function plainValue(file: FileRecord, flag: Exclude<Flag, DigestName | 'width' | 'height'>): unknown {
  const values: Readonly<Record<PlainFlag, unknown>> = {
    size: file.size,
    mimetype: file.mimetype,
    filename: file.filename,
    uploaded: file.uploadedMs,
    writeable: true,
    location: file.location,
    path: file.place.key,
    key: file.place.key,
    container: file.place.container ?? '',
    source_url: file.sourceUrl ?? null,
    sourceUrl: file.sourceUrl ?? null,
    cloud: {},
  }
  return flag === 'exif' ? undefined : values[flag]
}
