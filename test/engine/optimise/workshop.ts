import { afterAll } from 'vitest'
import { probe } from '../../../src/engine/probe.ts'
import { createWorkers, type Workers } from '../../../src/engine/workers.ts'
import type { Facts } from '../../../src/plan/facts.ts'

const LIMITS = { inputPixels: 100_000_000, outputPixels: 100_000_000, frames: 500 }

/** Pixel workers for one test file. */
export function workshop(): Workers {
  const workers = createWorkers({ size: 1 })
  afterAll(() => workers.close())
  return workers
}

export const factsOf = (bytes: Uint8Array): Promise<Facts> => probe(bytes, LIMITS)
