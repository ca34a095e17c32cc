import { Fault } from '../faults.ts'
import { canonicalJson } from '../plan/canonical.ts'
import { numericGradient } from '../plan/drawn.ts'
import { sizeVariables } from '../plan/expression.ts'
import type { Facts, Limits, Size } from '../plan/facts.ts'
import { type Foreseen, foresee } from '../plan/foresee.ts'
import { drawnCanvas, placeLayer, resolveLayer } from '../plan/layers.ts'
import type { Colour, LayerPicture, SourceFormat, SourceRef, Step } from '../plan/plan.ts'
import { resolveText } from '../plan/text.ts'
import type { Frames } from './animation.ts'
import { type Developed, develop } from './develop.ts'
import { createEasel } from './easel.ts'
import { lower } from './lower.ts'
import type { LaidLayer } from './operations/layer.ts'
import type { Overlay } from './passes.ts'
import { probe } from './probe.ts'
import type { Raw } from './raw.ts'
import { type Bench, type Input, inputSize, runToFrames } from './run.ts'
import { readInput } from './source.ts'
import type { FontShelf } from './text/shelf.ts'
import { writeText } from './text/write.ts'
import { turnOf, turnSize } from './turn.ts'
import { redrawn, vectorSize } from './vector.ts'
import type { Workers } from './workers.ts'

type LayerStep = Extract<Overlay, { readonly kind: 'layer' }>

/** Bytes of further sources, by `openedKey`; opened before the work takes its turn at the gate. */
export type Opened = ReadonlyMap<string, PromiseSettledResult<Uint8Array>>

/** One for each way of asking: equal URLs may answer differently to different headers. */
export function openedKey(source: SourceRef): string {
  return canonicalJson(source)
}

export type LayerRoom = {
  readonly opened: Opened
  readonly shelf: FontShelf
  readonly limits: Limits
  readonly workers: Workers
  /** Takes note of a source that went into the picture. */
  readonly use: (source: SourceRef) => void
}

/**
 * Makes layers' pictures: opened, converted to sRGB, through their own steps (which may lay layers again), and cut to what
 * shows on the base. A layer is made once, however many frames it is laid on; one that is used once is not kept.
 */
export function createLayers(room: LayerRoom): Bench['layer'] {
  const made = new Map<LayerStep, Promise<LaidLayer>>()
  return (step, use) => {
    if (use === 'once') return makeLayer(step, room)
    const known = made.get(step)
    if (known) return known
    const laid = makeLayer(step, room)
    made.set(step, laid)
    return laid
  }
}

/** What will have to be done for a layer: pixels decoded, and what is drawn on them. */
export type LayerWork = { readonly format: SourceFormat; readonly pixels: number; readonly steps: Foreseen['steps'] }

/**
 * The work of layers that show sources, told by their headers before anything is decoded. Faults as when they are laid: a source
 * could not be opened or cannot be read, a size is above the limits.
 */
export function foreseeLayers(
  steps: readonly LayerStep[],
  opened: Opened,
  limits: Limits,
): Promise<readonly LayerWork[]> {
  const works = steps.map(async ({ picture, steps: own, base }): Promise<readonly LayerWork[]> => {
    if (picture.kind !== 'source') return []
    const facts = await probe(openedBytes(picture.source, { opened, use: () => undefined }), limits)
    const resolution = resolveLayer({ picture, steps: own }, facts, base, limits)
    const { width, height } = vectorSize(facts, resolution) ?? facts
    return [{ format: facts.format, pixels: width * height, steps: foresee(resolution).steps }]
  })
  return Promise.all(works).then((all) => all.flat())
}

async function makeLayer(step: LayerStep, room: LayerRoom): Promise<LaidLayer> {
  const { limits, workers } = room
  const { input, facts, sharpen } = await layerSource(step, room)
  const bench: Bench = {
    inputPixels: limits.inputPixels,
    profile: 'convert',
    layer: createLayers(room),
    easel: createEasel(workers),
  }
  const resolution = resolveLayer({ picture: step.picture, steps: ownSteps(step) }, facts, step.base, limits)
  const developed = await sharpen(await develop(input, resolution, bench, workers, false))
  const finish = async (crop?: { left: number; top: number; width: number; height: number }) => {
    const steps = crop ? [...developed.steps, { kind: 'extract' as const, region: crop }] : developed.steps
    return runToFrames(developed.input, lower(steps, inputSize(developed.input)), bench)
  }
  const upright = step.steps.some((one) => one.kind === 'orient')
  const initial: Size = upright ? turnSize(turnOf(facts.orientation), facts) : facts
  const { left, top, crop } = placeLayer(step.at, developed.resolution.size, step.base, initial)
  return { picture: await finish(crop && { ...crop }), left, top }
}

/** The picture before its steps, what these go by, and what is done once everything is measured. */
type LayerSource = {
  readonly input: Input
  readonly facts: Pick<Facts, 'width' | 'height' | 'orientation'>
  sharpen(developed: Developed): Promise<Developed> | Developed
}

async function layerSource(step: LayerStep, room: LayerRoom): Promise<LayerSource> {
  const { picture, base } = step
  if (picture.kind !== 'source') {
    const input = await layerInput(picture, base, room)
    return { input, facts: { ...inputSize(input), orientation: 1 }, sharpen: (developed) => developed }
  }
  const { limits, workers } = room
  const bytes = openedBytes(picture.source, room)
  const known = await probe(bytes, limits)
  const wish = vectorSize(known, resolveLayer({ picture, steps: ownSteps(step) }, known, base, limits))
  const read = (sides?: Size) => readInput(bytes, known, { page: 0, count: 1 }, limits, workers, sides)
  const input = await read(wish)
  const sharpen = (developed: Developed) => redrawn(developed, known, limits, read)
  if (wish) return { input, facts: known, sharpen }
  return { input, facts: input.kind === 'file' ? input.facts : { ...inputSize(input), orientation: 1 }, sharpen }
}

async function layerInput(
  picture: Exclude<LayerPicture, { readonly kind: 'source' }>,
  base: Size,
  { limits, workers, shelf, ...room }: LayerRoom,
): Promise<Input> {
  switch (picture.kind) {
    case 'solid':
      return asInput(solidPixels(picture.colour, drawnCanvas(picture, base, limits)))
    case 'gradient': {
      const size = drawnCanvas(picture, base, limits)
      const gradient = numericGradient(picture, size, sizeVariables(base, base, base))
      return asInput(await workers.run('gradient', { gradient, size }))
    }
    case 'text': {
      const font = 'file' in picture.font ? openedBytes(picture.font.file, room) : undefined
      return asInput(await writeText(resolveText(picture, base), font, { shelf, limits, workers }))
    }
  }
}

function openedBytes(source: SourceRef, { opened, use }: Pick<LayerRoom, 'opened' | 'use'>): Uint8Array {
  const result = opened.get(openedKey(source))
  if (result === undefined) throw new Fault('bad-parameter', 'a layer names a source that was not opened')
  if (result.status === 'rejected') throw result.reason
  use(source)
  return result.value
}

/** A box of text is rounded and made transparent before the layer's own steps. */
function ownSteps({ picture, steps }: LayerStep): readonly Step[] {
  if (picture.kind !== 'text') return steps
  const { background, radius, alpha } = picture
  const corners: readonly Step[] = background && background.alpha > 0 ? [{ kind: 'mask', radius, softness: 0 }] : []
  return [...corners, { kind: 'effect', effect: { name: 'opacity', factor: alpha } }, ...steps]
}

function asInput(raw: Raw): Input {
  return { kind: 'frames', frames: { ...raw, frames: 1 } }
}

function solidPixels({ r, g, b, alpha }: Colour, { width, height }: Size): Frames {
  const data = Buffer.alloc(width * height * 4, Buffer.from([r, g, b, Math.round(255 * alpha)]))
  return { data, width, height, channels: 4, frames: 1 }
}
