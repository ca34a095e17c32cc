/** Pictures made by the image tasks of a request. */
import mime from 'mime'
import type { Delivered } from '../../../delivery/delivery.ts'
import { sniff } from '../../../engine/sniff.ts'
import { Fault } from '../../../faults.ts'
import type { Offer } from '../../../plan/facts.ts'
import { mediaType } from '../../../plan/media-type.ts'
import type { Plan } from '../../../plan/plan.ts'
import type { App } from '../app.ts'
import { sourceFailure } from './cdn-faults.ts'
import { type Compiled, compile, referencesOf } from './compile/compile.ts'
import { type Located, locate } from './locate.ts'
import { requireFewSources, type Work } from './order.ts'
import type { One } from './source-text.ts'
import type { ImageTask } from './tasks/image-tasks.ts'

/** Largest source, bytes and pixels of a frame (filestack §4.1). */
const SOURCE_BYTES = 268_435_456
const SOURCE_PIXELS = 100_000_000

export const UNTOUCHED: Plan = { frame: { kind: 'all' }, steps: [], output: { kind: 'untouched' } }

export type Picture = { readonly delivered: Delivered; readonly name: string; readonly negotiated: boolean }

export type Job = {
  readonly app: App
  readonly images: readonly ImageTask[]
  /** What tasks name beside the source. */
  readonly references: ReadonlyMap<One, Located>
  /** Caches are not asked. */
  readonly anew: boolean
}

/** Finds what the tasks name beside the source. Faults of `locate`; bad-parameter for too many. */
export async function locateReferences(
  work: Work,
  app: App,
  images: readonly ImageTask[],
): Promise<ReadonlyMap<One, Located>> {
  const found = new Map<One, Located>()
  const named = referencesOf(images)
  requireFewSources(named)
  for (const source of named) found.set(source, await locate(work, app, { source }))
  return found
}

/**
 * The picture that the tasks make, or `untouched` where they leave a source of its format as it is.
 *
 * @param sources the first is the picture, the others are for an animation
 */
export async function pictureOf(
  work: Work,
  job: Job,
  sources: readonly [Located, ...Located[]],
): Promise<Picture | 'untouched'> {
  const [main, ...others] = sources
  const compiled = compiledFor(job, others)
  if (compiled.only !== undefined && !(await isOneOf(work, job, main, compiled.only))) return 'untouched'
  const delivered = await deliver(work, job, main, compiled.plan)
  const { facts } = delivered.source
  if (facts !== undefined && facts.width * facts.height > SOURCE_PIXELS) throw new Fault('too-large')
  return { delivered, name: nameFor(main.name, delivered), negotiated: compiled.negotiated }
}

/** Plans of tasks that name nothing else: the same tasks come again, and equal plans cost least when they are one. */
const plans = new WeakMap<Job['images'], Compiled>()

function compiledFor({ images, references }: Job, others: readonly Located[]): Compiled {
  const alone = references.size === 0 && others.length === 0
  const before = alone ? plans.get(images) : undefined
  if (before !== undefined) return before
  const compiled = compile(images, {
    picture(reference) {
      const located = references.get(reference)
      if (located === undefined) throw new Fault('object-missing')
      return located.ref
    },
    others: others.map(({ ref }) => ref),
  })
  if (alone) plans.set(images, compiled)
  return compiled
}

/** Runs a plan on a source. A source outside that cannot be had is a Fault with status 400. */
export async function deliver(
  { context, exchange }: Pick<Work, 'context' | 'exchange'>,
  { app, anew }: Pick<Job, 'app' | 'anew'>,
  located: Located,
  plan: Plan,
): Promise<Delivered> {
  try {
    return await context.delivery.deliver(
      {
        project: app.project.id,
        sources: [located.ref],
        plan,
        offer: offerOf(exchange.req.headers.accept),
        limits: { sourceBytes: SOURCE_BYTES },
        caching: anew ? 'recompute' : 'use',
        seesPrivate: true,
      },
      exchange.signal,
    )
  } catch (error) {
    throw located.kind === 'web' ? sourceFailure(located.url, error) : error
  }
}

/** A body as it flows. */
export function flowing({ body }: Pick<Delivered, 'body'>): AsyncIterable<Uint8Array> {
  return body.kind === 'file' ? body.open() : single(body.bytes)
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** What a request says about its formats beyond the classic ones; a wildcard says nothing about them. */
export function offerOf(accept = ''): Offer {
  const takes = (type: string) =>
    accept.split(',').some((entry) => {
      const [name = '', ...parameters] = entry.split(';')
      return name.trim().toLowerCase() === type && !parameters.some((one) => /^\s*q\s*=\s*0(?:\.0*)?\s*$/i.test(one))
    })
  const webp: Offer = takes('image/webp') ? ['webp'] : []
  return takes('image/avif') ? [...webp, 'avif'] : webp
}

/** As much as the kind of a file can be told by. */
const BEGINNING = 4096

async function isOneOf(
  work: Work,
  job: Job,
  located: Located,
  formats: NonNullable<Compiled['only']>,
): Promise<boolean> {
  const { body } = await deliver(work, job, located, UNTOUCHED)
  const format = sniff(body.kind === 'bytes' ? body.bytes : await firstBytes(body))
  if (format === undefined) throw new Fault('not-an-image')
  return formats.some((one) => one === format)
}

async function firstBytes(body: Extract<Delivered['body'], { readonly kind: 'file' }>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body.open({ start: 0, end: BEGINNING - 1 })) parts.push(part)
  return Buffer.concat(parts)
}

/** The source's name with the ending of what it has become. */
function nameFor(name: string, { picture, contentType }: Delivered): string {
  const type = picture === undefined ? contentType : mediaType(picture.format)
  if (mime.getType(name) === type) return name
  const ending = mime.getExtension(type)
  return ending === null ? name : `${name.replace(/\.[A-Za-z0-9]{1,16}$/, '')}.${ending === 'jpeg' ? 'jpg' : ending}`
}
