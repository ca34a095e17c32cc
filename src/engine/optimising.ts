import type { Facts } from '../plan/facts.ts'
import type { FrameSelect, Step } from '../plan/plan.ts'
import type { Frames } from './animation.ts'
import { estimateCost } from './cost.ts'
import type { Gate } from './gate.ts'
import type { KeepTags } from './optimise/keep.ts'
import { type Lossy, lossily, type Pressed } from './optimise/lossily.ts'
import { losslessly, type Optimised } from './optimise/losslessly.ts'
import { type PictureFile, withKept } from './optimise/metadata/metadata.ts'
import { squeeze } from './optimise/squeeze.ts'
import type { SharedPixels } from './shared.ts'
import type { Workers } from './workers.ts'

/** What the engine does for pictures that shall become smaller; at the same gate as everything that encodes. */
export interface Optimising {
  /** The picture in fewer bytes, every pixel as it was: see `losslessly`. */
  pack(bytes: Uint8Array, facts: Facts, keep: KeepTags): Promise<Optimised>
  /** The picture with as much loss as the eye does not mind: see `lossily`. */
  press(bytes: Uint8Array, facts: Facts, wish: Lossy): Promise<Pressed>
  /** The same after steps; then the result may be larger than the source. */
  pressAfter(work: PressWork): Promise<Pressed>
  /** A file with the metadata of another that `keep` names, and no other; no pixel is decoded. */
  graft(file: PictureFile, source: PictureFile, keep: KeepTags): Uint8Array
}

export type PressWork = {
  readonly bytes: Buffer
  readonly facts: Facts
  readonly frame: FrameSelect
  readonly steps: readonly Step[]
  readonly wish: Lossy
  /** As for `Engine.render`. */
  readonly shared?: SharedPixels
}

export type OptimisingParts = {
  readonly gate: Gate
  readonly workers: Workers
  /** Decodes and runs the steps; `use` must not enter the gate again. */
  readonly develop: (work: PressWork, use: (frames: Frames) => Promise<Pressed>) => Promise<Pressed>
}

/** Encodes that a search takes at most. */
const ATTEMPTS = 4

export function createOptimising({ gate, workers, develop }: OptimisingParts): Optimising {
  const weightOf = (facts: Facts, format: Lossy['format'], times: number) => {
    const pixels = facts.width * facts.height
    const { frames } = facts
    return (
      estimateCost({ source: { format: facts.format, pixels, frames }, output: { format, pixels, frames } }) * times
    )
  }
  return {
    pack: (bytes, facts, keep) => gate.enter(weightOf(facts, 'png', 1), () => losslessly(bytes, facts, keep, workers)),
    press: (bytes, facts, wish) =>
      gate.enter(weightOf(facts, wish.format, ATTEMPTS), () => lossily(bytes, facts, wish, workers)),
    pressAfter: (work) =>
      develop(work, async (frames) => {
        const { wish, bytes, facts } = work
        const timing = frames.frames > 1 ? { delays: facts.delays ?? [], loop: facts.loop ?? 0 } : {}
        const { bytes: file, ...measured } = await squeeze(frames, { ...wish, ...timing }, workers)
        const grafted = withKept({ bytes: file, format: wish.format }, { bytes, format: facts.format }, wish.keep)
        return { bytes: grafted, changed: true, ...measured }
      }),
    graft: withKept,
  }
}
