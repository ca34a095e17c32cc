import type { Region } from '../plan/facts.ts'
import type { Measure, Measured, Resolution, ResolvedStep } from '../plan/resolved.ts'
import { type Frames, splitFrames } from './animation.ts'
import { lower } from './lower.ts'
import { findAttention } from './operations/attention.ts'
import { type Bench, type Input, inputSize, runToFrames } from './run.ts'
import { measureTrim } from './trim.ts'
import type { Workers } from './workers.ts'

/** A picture and the steps still to be done on it, all of them known. */
export type Developed = {
  readonly input: Input
  readonly steps: readonly ResolvedStep[]
  readonly resolution: Resolution
}

/**
 * Answers every question that a resolution has for the pixels. What had to be decoded for an answer is worked on from there,
 * so that nothing is decoded twice; with `again` the steps stay those of `input`, whose bytes then are read once more: that
 * is how a profile survives, which pixels in memory do not carry.
 */
export async function develop(
  start: Input,
  resolution: Resolution,
  bench: Bench,
  workers: Workers,
  again: boolean,
): Promise<Developed> {
  let input = start
  let steps: readonly ResolvedStep[] = resolution.steps
  let current = resolution
  while (current.pause) {
    const { measure, resume } = current.pause
    const seen = await look(input, steps, measure, bench, workers)
    current = resume(seen.measured)
    if (again) {
      steps = [...steps, ...current.steps]
    } else {
      input = { kind: 'frames', frames: seen.frames }
      steps = current.steps
    }
  }
  return { input, steps, resolution: current }
}

type Seen = { readonly measured: Measured; readonly frames: Frames }

async function look(
  input: Input,
  steps: readonly ResolvedStep[],
  measure: Measure,
  bench: Bench,
  workers: Workers,
): Promise<Seen> {
  if (measure.kind === 'trim') {
    const frames = await runToFrames(input, lower(steps, inputSize(input)), bench, true)
    return trimmed(frames, measure.rule, workers)
  }
  const scaled: ResolvedStep = { kind: 'place', scale: measure.scale }
  const frames = await runToFrames(input, lower([...steps, scaled], inputSize(input)), bench)
  const [first = frames] = splitFrames(frames)
  return { measured: await findAttention(first, measure.window), frames }
}

/** An animation keeps what any of its frames keeps. */
async function trimmed(
  frames: Frames,
  rule: Extract<Measure, { kind: 'trim' }>['rule'],
  workers: Workers,
): Promise<Seen> {
  if (frames.frames === 1) {
    const { measured, raw } = await measureTrim(frames, rule, workers)
    return { measured, frames: { ...raw, frames: 1 } }
  }
  let kept: Region | undefined
  for (const { data, width, height, channels } of splitFrames(frames)) {
    const { measured } = await measureTrim({ data, width, height, channels }, rule, workers)
    if (measured.kind === 'region') kept = kept ? union(kept, measured.region) : measured.region
  }
  return { measured: kept ? { kind: 'region', region: kept } : { kind: 'nothing' }, frames }
}

function union(a: Region, b: Region): Region {
  const left = Math.min(a.left, b.left)
  const top = Math.min(a.top, b.top)
  const right = Math.max(a.left + a.width, b.left + b.width)
  const bottom = Math.max(a.top + a.height, b.top + b.height)
  return { left, top, width: right - left, height: bottom - top }
}
