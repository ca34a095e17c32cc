/** What a kind without delays of its own waits, in seconds. */
export const DELAYS: readonly number[] = [10, 60, 300, 900, 3600]

/** Largest part of a delay that chance adds, so that jobs that failed together do not come back together. */
const JITTER = 0.2

/** Milliseconds to wait after the `failures`-th failed try (from 1). `random` is in 0…1. */
export function delayAfter(failures: number, delays: readonly number[], random: number): number {
  const seconds = delays[Math.min(failures, delays.length) - 1] ?? 0
  return Math.round(seconds * 1000 * (1 + JITTER * random))
}
