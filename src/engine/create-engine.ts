import {
  choose,
  isLossless,
  keptProfile,
  needsIllustration,
  needsOpacity,
  quality,
  writtenDensity,
} from '../plan/choose.ts'
import type { Facts, Offer, Size } from '../plan/facts.ts'
import { foresee } from '../plan/foresee.ts'
import type { Output, OutputFormat, SourceRef } from '../plan/plan.ts'
import { resolve } from '../plan/resolve.ts'
import type { Resolution } from '../plan/resolved.ts'
import { sourceKey, sourcesOf } from '../plan/sources.ts'
import { animates, still } from '../plan/still.ts'
import { alphaAfter, GROUND, holdsAlpha, mayKeepProfile, type ProfileUse } from './colour.ts'
import { assertAffordable, avifEffort, drawingsOf, estimateCost } from './cost.ts'
import { withDensity } from './density.ts'
import { type Developed, develop } from './develop.ts'
import { createEasel } from './easel.ts'
import { fits } from './encode.ts'
import type { Engine, EngineOptions, Rendered } from './engine.ts'
import { createGate } from './gate.ts'
import { isIllustration } from './illustration.ts'
import { createLayers, foreseeLayers, type LayerWork, type Opened, openedKey } from './layers.ts'
import { configureSharp } from './libvips.ts'
import { leavingFrames, lower } from './lower.ts'
import { isOpaque } from './opacity.ts'
import { createOptimising, type Optimising, type OptimisingParts } from './optimising.ts'
import type { Stage } from './passes.ts'
import { probe } from './probe.ts'
import { type Bench, type Input, inputAlpha, inputFrames, inputSize, runToFile, runToFrames } from './run.ts'
import { mayShare, type SharedPixels, sharedFrames } from './shared.ts'
import { type FrameRange, holdsFrames, pageFacts, readInput, selectFrames } from './source.ts'
import { createFontShelf } from './text/shelf.ts'
import { redrawn, vectorSize } from './vector.ts'
import { createWorkers } from './workers.ts'

/** How many works may wait per slot, and how long. What waits longer would be answered after its caller has left. */
const WAITING_PER_SLOT = 32
const WAIT_MS = 15_000

type Work = Parameters<Engine['render']>[0]
type EncodeOutput = Extract<Output, { readonly kind: 'encode' }>

/**
 * The engine: one gate for everything that decodes or encodes, one pool of threads for pixels in JavaScript. sharp is set up
 * for the process. All faults are of `faults.ts`; anything else thrown is a bug.
 */
export function createEngine(options: EngineOptions): Engine & Optimising {
  const { limits, slots } = options
  configureSharp()
  const workers = createWorkers({ size: slots })
  const shelf = createFontShelf()
  const gate = createGate({ slots, queue: { length: slots * WAITING_PER_SLOT, waitMs: WAIT_MS } })

  async function render(asked: Work): Promise<Rendered | 'untouched'> {
    const { offer } = asked
    const { frame, output } = asked.plan
    const facts = pageFacts(frame, asked.facts)
    const format = choose(output, facts, offer)
    if (output.kind === 'untouched' || format === 'untouched') return 'untouched'
    const steps = holdsFrames(format) ? asked.plan.steps : still(asked.plan.steps)
    const work = { ...asked, facts, plan: { ...asked.plan, steps } }
    const range = selectFrames(animates(steps) && frame.kind === 'all' ? { kind: 'first' } : frame, facts, format)
    const resolution = resolve(steps, { ...facts, frames: range.count }, limits)
    const takes = writable(format, output, facts, offer, resolution, range)
    if (takes.format !== format) return render({ ...asked, offer: takes.offer })
    const opened = await openAll(work)
    const frames = resolution.steps.flatMap((step) => (step.kind === 'animate' ? step.frames : []))
    const further = await foreseeLayers(frames, opened, limits)
    return gate.enter(weightOf(facts, resolution, range, takes, further), () =>
      make(work, output, range, resolution, opened, format),
    )
  }

  async function make(
    work: Work,
    output: EncodeOutput,
    range: FrameRange,
    resolution: Resolution,
    opened: Opened,
    format: OutputFormat,
  ): Promise<Rendered | 'untouched'> {
    const { bytes, facts } = work
    const density = writtenDensity(output, facts)
    const used = new Map<string, SourceRef>()
    const use = (source: SourceRef) => used.set(sourceKey(source), source)
    const bench = (profile: ProfileUse): Bench => ({
      inputPixels: limits.inputPixels,
      profile,
      layer: createLayers({ opened, limits, workers, shelf, use }),
      easel: createEasel(workers),
    })
    const wishesProfile = keptProfile(output, format, facts)
    const unkept: ProfileUse = output.metadata.profile.kind === 'discard' ? 'discard' : 'convert'
    const read = (wish?: Size) => readInput(bytes, facts, range, limits, workers, wish)
    const carries = output.metadata.exif || output.metadata.xmp
    const source = await begin(read, facts, range, carries ? undefined : work.shared, resolution, bench(unkept))
    // Equal stored values may differ after a conversion and the reverse: a trim is measured on values as stored.
    const again =
      source.kind === 'file' && facts.profile && (wishesProfile || resolution.pause?.measure.kind === 'trim')
    const measured = await develop(source, resolution, bench(again ? 'discard' : unkept), workers, again)
    const developed = await redrawn(measured, facts, limits, read)
    const stages = finalStages(developed, format)
    const keeps = wishesProfile && developed.input.kind === 'file' && mayKeepProfile(stages, facts, format)
    const frames = leavingFrames(stages, inputFrames(developed.input))
    const encoding = {
      format,
      quality: quality(output, format, facts),
      lossless: isLossless(output, format, facts),
      progressive: output.progressive,
      chroma: output.chroma,
      palette: output.palette,
      avifEffort: format === 'avif' ? (avifEffort(pixelsOf(developed.resolution) * frames, true) ?? 0) : 0,
      ...(frames > 1 && timingOf(facts, developed.resolution.animation)),
    }
    const metadata = { exif: output.metadata.exif, xmp: output.metadata.xmp, from: source }
    const result = await runToFile(developed.input, stages, encoding, metadata, bench(keeps ? 'keep' : unkept))
    if (output.ifLarger === 'source' && result.bytes.length > bytes.length) return 'untouched'
    const file = density === undefined ? result.bytes : withDensity(result.bytes, format, density)
    const { width, height } = result.size
    return { bytes: file, format, width, height, frames: result.frames, used: [...used.values()] }
  }

  /** Opens the source, or takes the pixels that an earlier work on it has decoded. */
  async function begin(
    read: (wish?: Size) => Promise<Input>,
    facts: Facts,
    range: FrameRange,
    shared: SharedPixels | undefined,
    resolution: Resolution,
    bench: Bench,
  ): Promise<Input> {
    if (!shared || !mayShare(facts, range)) return read(vectorSize(facts, resolution))
    const decode = async () => runToFrames(await read(), [], bench)
    return { kind: 'frames', frames: await sharedFrames(shared, range, decode) }
  }

  const developFrames: OptimisingParts['develop'] = ({ bytes, facts, frame, steps, wish, shared }, use) => {
    const range = selectFrames(frame, facts, wish.format)
    const resolution = resolve(steps, { ...facts, frames: range.count }, limits)
    const takes = { format: wish.format, offer: [], lossless: false }
    return gate.enter(weightOf(facts, resolution, range, takes, []), async () => {
      const bench: Bench = {
        inputPixels: limits.inputPixels,
        // A profile that is kept is put back beside the values that it describes.
        profile: wish.keep.profile || wish.unkeptProfile === 'stored' ? 'discard' : 'convert',
        layer: createLayers({ opened: new Map(), limits, workers, shelf, use: () => undefined }),
        easel: createEasel(workers),
      }
      const read = (wish?: Size) => readInput(bytes, facts, range, limits, workers, wish)
      const source = await begin(read, facts, range, shared, resolution, bench)
      const developed = await redrawn(await develop(source, resolution, bench, workers, false), facts, limits, read)
      return use(await runToFrames(developed.input, finalStages(developed, wish.format), bench))
    })
  }

  /** Layers' sources are fetched before the work holds a place at the gate; a failure counts only if the layer is really laid. */
  async function openAll({ project, plan }: Work): Promise<Opened> {
    const sources = sourcesOf(plan)
    const results = await Promise.allSettled(sources.map((source) => options.open(project, source)))
    const opened = new Map<string, PromiseSettledResult<Uint8Array>>()
    for (const [i, source] of sources.entries()) {
      const result = results[i]
      if (result) opened.set(openedKey(source), result)
    }
    return opened
  }

  return {
    ...createOptimising({ gate, workers, develop: developFrames }),
    probe: (bytes) => probe(bytes, limits, workers),
    async measure(plan, facts, bytes, offer) {
      const pixels = facts.width * facts.height
      const weight = estimateCost({ source: { ...facts, pixels }, output: { format: 'png', pixels: 0, frames: 1 } })
      let known = facts
      if (needsIllustration(plan.output, known, offer)) {
        known = { ...known, illustration: await gate.enter(weight, () => isIllustration(bytes, facts, workers)) }
      }
      if (needsOpacity(plan.output, known, offer)) {
        known = { ...known, opaque: await gate.enter(weight, () => isOpaque(bytes, facts, limits, workers)) }
      }
      return known
    },
    render,
    load: () => ({ running: gate.load.running, queued: gate.load.waiting }),
    async close() {
      await gate.idle()
      await workers.close()
      await shelf.close()
    },
  }
}

/** The steps as stages; a format without transparency gets the picture on a ground. */
function finalStages({ input, steps }: Developed, format: OutputFormat): readonly Stage[] {
  const stages = lower(steps, inputSize(input))
  if (holdsAlpha(format) || !alphaAfter(stages, inputAlpha(input))) return stages
  return lower([...steps, { kind: 'flatten', colour: GROUND }], inputSize(input))
}

/** Delays and loop of what is written: of the animation that the steps made, else as the source has them. */
function timingOf(facts: Facts, made: Resolution['animation']): { delays: readonly number[]; loop: number } {
  if (!made) return { delays: facts.delays ?? [], loop: facts.loop ?? 0 }
  return { delays: Array.from({ length: made.frames }, () => made.delay), loop: made.loop }
}

type Takes = {
  readonly format: OutputFormat
  readonly offer: Offer
  readonly effort?: number
  readonly lossless: boolean
}

/**
 * What is written in the end: a negotiated format is left out when it cannot hold the picture (imagekit §8) or, AVIF, would take
 * too long. Named by the caller that is a Fault too-large.
 */
function writable(
  format: OutputFormat,
  output: EncodeOutput,
  facts: Facts,
  offer: Offer,
  resolution: Resolution,
  { count }: FrameRange,
): Takes {
  const lossless = isLossless(output, format, facts)
  if (format !== 'avif' && format !== 'webp') return { format, offer, lossless }
  const negotiated = output.choose.kind === 'negotiated' && offer.includes(format)
  const holds = !negotiated || fits(format, resolution.size)
  const effort = format === 'avif' ? avifEffort(pixelsOf(resolution) * count, !negotiated) : undefined
  if (holds && (format === 'webp' || effort !== undefined)) {
    return { format, offer, lossless, ...(effort !== undefined && { effort }) }
  }
  const rest = offer.filter((one) => one !== format)
  const other = choose(output, facts, rest)
  return { format: other === 'untouched' ? format : other, offer: rest, lossless }
}

/** What a work weighs at the gate. Fault too-large for one that nobody can wait for. */
function weightOf(
  facts: Facts,
  resolution: Resolution,
  { count }: FrameRange,
  takes: Takes,
  further: readonly LayerWork[],
): number {
  const drawn = vectorSize(facts, resolution)
  const whole = foresee(resolution)
  // A drawing's own sides do not matter when it is rendered at others.
  const largest = drawn ? areaOf(drawn) : whole.largest
  const estimate = estimateCost({
    source: { format: facts.format, pixels: areaOf(drawn ?? facts), frames: count },
    further,
    largest,
    drawings: [...drawingsOf(whole.steps, count), ...further.flatMap(({ steps }) => drawingsOf(steps, 1))],
    output: { ...takes, pixels: areaOf(whole.size), frames: whole.animation?.frames ?? count },
  })
  assertAffordable(estimate, whole.steps, largest, count)
  return estimate
}

function pixelsOf({ size }: Resolution): number {
  return areaOf(size)
}

function areaOf({ width, height }: Size): number {
  return width * height
}
