/** Reads a file as the engine does: probed, decoded in a worker thread, in the end 8-bit pixels of sRGB. */
import { afterAll } from 'vitest'
import { probe } from '../../../src/engine/probe.ts'
import { runToFrames } from '../../../src/engine/run.ts'
import { pageFacts, readInput, selectFrames } from '../../../src/engine/source.ts'
import { createWorkers, type WorkersOptions } from '../../../src/engine/workers.ts'
import { isFault } from '../../../src/faults.ts'
import type { Facts } from '../../../src/plan/facts.ts'
import type { Pixels } from '../../support/pictures.ts'

export const LIMITS = { inputPixels: 4_000_000, outputPixels: 4_000_000, frames: 50 }

export function startReading(options: Partial<WorkersOptions> = {}) {
  const workers = createWorkers({ size: 1, ...options })
  afterAll(() => workers.close())

  const facts = (bytes: Uint8Array, limits = LIMITS): Promise<Facts> => probe(bytes, limits, workers)

  async function read(bytes: Uint8Array, page = 1, limits = LIMITS): Promise<Pixels> {
    const known = pageFacts({ kind: 'page', page }, await facts(bytes, limits))
    const range = selectFrames({ kind: 'page', page }, known, 'png')
    const input = await readInput(bytes, known, range, limits, workers)
    const { data, width, height, channels } = await runToFrames(input, [], {
      inputPixels: limits.inputPixels,
      profile: 'convert',
      layer: () => Promise.reject(new Error('no layers here')),
      easel: {
        draw: () => Promise.reject(new Error('no drawings here')),
        cover: () => Promise.reject(new Error('no drawings here')),
      },
    })
    return { width, height, channels, data: Buffer.from(data) }
  }

  /** How reading ends: `read`, a fault's code, or the error that should not have been. */
  async function end(bytes: Uint8Array, page = 1, limits = LIMITS): Promise<unknown> {
    try {
      await read(bytes, page, limits)
      return 'read'
    } catch (error) {
      return isFault(error) ? error.code : error
    }
  }

  return { workers, facts, read, end }
}

/** The picture's four quarters, each at its middle: top left, top right, bottom left, bottom right. */
export function quarters({ data, width, height, channels }: Pixels): readonly (readonly number[])[] {
  const at = (x: number, y: number) => {
    const from = (Math.floor(y * height) * width + Math.floor(x * width)) * channels
    return [...data.subarray(from, from + channels)]
  }
  return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)]
}
