/** What is told of a source instead of its bytes: the tasks `imagesize` and `metadata` (filestack §4.2). */

import { Fault } from '../../../faults.ts'
import type { Size } from '../../../plan/facts.ts'
import { orientedSize } from '../../../plan/geometry.ts'
import type { Plan } from '../../../plan/plan.ts'
import { flagsOf, metadataOf } from '../metadata.ts'
import type { Located } from './locate.ts'
import { credentialsFor, type Work } from './order.ts'
import { deliver, type Job, pictureOf, UNTOUCHED } from './picture.ts'
import type { Ready } from './result.ts'

/** Upright sides of what the tasks make. Fault not-an-image. */
export async function sizeOf(work: Work, job: Job, located: readonly [Located, ...Located[]]): Promise<Size> {
  const [main] = located
  const picture = job.images.length === 0 ? 'untouched' : await pictureOf(work, job, located)
  if (picture !== 'untouched' && picture.delivered.picture !== undefined) {
    const { width, height } = picture.delivered.picture
    return { height, width }
  }
  return sidesOf(work, job, main)
}

/** Metadata of a stored file as the file API tells it; of other sources as much as can be known. */
export async function detailsOf(
  work: Work,
  { app, order, job }: Ready,
  located: Located,
  words: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const wanted = new Set(words)
  const flags = flagsOf((name) => wanted.has(name))
  const { context, exchange } = work
  if (located.kind === 'file') {
    const credentials = order.judged?.credentials ?? credentialsFor(order)
    return metadataOf(context, { file: located.file, app, credentials, flags, signal: exchange.signal })
  }
  const { size, contentType } = await deliver(work, job, located, UNTOUCHED)
  const known: Readonly<Record<string, unknown>> = {
    size,
    mimetype: contentType.split(';', 1)[0],
    filename: located.name,
    ...(flags.some((flag) => flag === 'width' || flag === 'height') && (await sidesOrNull(work, job, located))),
    ...(located.kind === 'web' && { source_url: located.url, sourceUrl: located.url }),
  }
  const asked = flags.length === 0 ? (['size', 'mimetype', 'filename'] as const) : flags
  return Object.fromEntries(asked.map((flag) => [flag, known[flag] ?? null]))
}

async function sidesOrNull(work: Work, job: Job, located: Located): Promise<Partial<Size>> {
  try {
    return await sidesOf(work, job, located)
  } catch (error) {
    if (error instanceof Fault && error.code === 'not-an-image') return {}
    throw error
  }
}

/** The cheapest picture that makes its source known. */
const GLANCE: Plan = {
  frame: { kind: 'first' },
  steps: [
    { kind: 'orient' },
    {
      kind: 'place',
      box: { width: 8, height: 8 },
      mode: 'inside',
      enlarge: false,
      focus: { kind: 'anchor', x: 0.5, y: 0.5 },
    },
  ],
  output: {
    kind: 'encode',
    choose: { kind: 'fixed', format: 'png' },
    quality: { kind: 'fixed', value: 80 },
    lossless: false,
    progressive: false,
    chroma: '4:2:0',
    palette: false,
    metadata: { profile: { kind: 'convert' }, exif: false, xmp: false },
    ifLarger: 'keep',
    vector: 'rasterise',
  },
}

async function sidesOf(work: Work, job: Job, located: Located): Promise<Size> {
  if (located.kind === 'file') {
    const sides = await work.context.uploads.sides(located.file, work.exchange.signal)
    if (sides !== 'none') return { height: sides.height, width: sides.width }
  }
  const { source } = await deliver(work, job, located, GLANCE)
  if (source.facts === undefined) throw new Fault('not-an-image')
  const { width, height } = orientedSize(source.facts, source.facts.orientation)
  return { height, width }
}
