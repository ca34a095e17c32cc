/** Runs at most `width` works at a time; further ones wait their turn. */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>

export function createQueue(width: number): Queue {
  let free = width
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // The place is handed over: nobody slips in between.
      if (next === undefined) free += 1
      else next()
    }
  }
}

/** What comes of `work`, or undefined when that takes longer. */
export async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), milliseconds)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
