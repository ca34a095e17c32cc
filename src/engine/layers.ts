import { Fault } from '../faults.ts'
import type { Limits, Size } from '../plan/facts.ts'
import { layerCanvas, placeLayer, resolveLayer } from '../plan/layers.ts'
import type { Colour, SourceRef } from '../plan/plan.ts'
import { sourceKey } from '../plan/sources.ts'
import type { Frames } from './animation.ts'
import { develop } from './develop.ts'
import { createEasel } from './easel.ts'
import { lower } from './lower.ts'
import type { LaidLayer } from './operations/layer.ts'
import type { Overlay } from './passes.ts'
import { probe } from './probe.ts'
import { type Bench, type Input, inputSize, runToFrames } from './run.ts'
import { readInput } from './source.ts'
import { turnOf, turnSize } from './turn.ts'
import type { Workers } from './workers.ts'

type LayerStep = Extract<Overlay, { readonly kind: 'layer' }>

/** Bytes of further sources, by `sourceKey`; opened before the work takes its turn at the gate. */
export type Opened = ReadonlyMap<string, PromiseSettledResult<Uint8Array>>

export type LayerRoom = {
  readonly opened: Opened
  readonly limits: Limits
  readonly workers: Workers
  /** Takes note of a source that went into the picture. */
  readonly use: (source: SourceRef) => void
}

/**
 * Makes layers' pictures: opened, converted to sRGB, through their own steps (which may lay layers again), and cut to what
 * shows on the base. A layer is made once, however many frames it is laid on.
 */
export function createLayers(room: LayerRoom): Bench['layer'] {
  const made = new Map<LayerStep, Promise<LaidLayer>>()
  return (step) => {
    const known = made.get(step)
    if (known) return known
    const laid = makeLayer(step, room)
    made.set(step, laid)
    return laid
  }
}

async function makeLayer(step: LayerStep, room: LayerRoom): Promise<LaidLayer> {
  const { limits, workers } = room
  const input = await layerInput(step, room)
  const facts = input.kind === 'file' ? input.facts : { ...inputSize(input), orientation: 1 }
  const bench: Bench = {
    inputPixels: limits.inputPixels,
    profile: 'convert',
    layer: createLayers(room),
    draw: createEasel(workers),
  }
  const resolution = resolveLayer(step, step.picture.kind === 'solid' ? undefined : facts, step.base, limits)
  const developed = await develop(input, resolution, bench, workers, false)
  const finish = async (crop?: { left: number; top: number; width: number; height: number }) => {
    const steps = crop ? [...developed.steps, { kind: 'extract' as const, region: crop }] : developed.steps
    return runToFrames(developed.input, lower(steps, inputSize(developed.input)), bench)
  }
  const upright = step.steps.some((one) => one.kind === 'orient')
  const initial: Size = upright ? turnSize(turnOf(facts.orientation), facts) : facts
  const { left, top, crop } = placeLayer(step.at, developed.resolution.size, step.base, initial)
  return { picture: await finish(crop && { ...crop }), left, top }
}

async function layerInput({ picture, base }: LayerStep, { opened, limits, workers, use }: LayerRoom): Promise<Input> {
  if (picture.kind === 'solid') {
    return { kind: 'frames', frames: solidPixels(picture.colour, layerCanvas(picture, base)) }
  }
  if (picture.kind !== 'source') throw new Fault('unsupported', 'a layer of this kind is not built here')
  const result = opened.get(sourceKey(picture.source))
  if (result === undefined) throw new Fault('bad-parameter', 'a layer names a source that was not opened')
  if (result.status === 'rejected') throw result.reason
  use(picture.source)
  const facts = await probe(result.value, limits, workers)
  return readInput(result.value, facts, { page: 0, count: 1 }, limits, workers)
}

function solidPixels({ r, g, b, alpha }: Colour, { width, height }: Size): Frames {
  const data = Buffer.alloc(width * height * 4, Buffer.from([r, g, b, Math.round(255 * alpha)]))
  return { data, width, height, channels: 4, frames: 1 }
}
