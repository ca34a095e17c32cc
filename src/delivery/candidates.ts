import { Fault, isFault, isSourceFailure } from '../faults.ts'

/** A fault of the main source, told apart from those of layers and of the work itself: only this one moves on. */
export class SourceFailed extends Error {
  override readonly name = 'SourceFailed'
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.message, { cause: fault })
    this.fault = fault
  }
}

/** Marks the Faults of `work` as the main source's own. */
export async function ofSource<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw isFault(error) ? new SourceFailed(error) : error
  }
}

/**
 * Tries the candidates in order. A source that is missing, closed or does not answer moves on (imagekit §3); `instead` is
 * tried only when all of them are missing (imagekit §7.2). When none has the picture, the last failure other than "missing"
 * is thrown, else object-missing.
 */
export async function firstOf<S, T>(
  candidates: readonly S[],
  instead: S | undefined,
  attempt: (candidate: S) => Promise<T>,
): Promise<T> {
  let failure: Fault | undefined
  for (const candidate of candidates) {
    try {
      return await attempt(candidate)
    } catch (error) {
      const fault = movesOn(error)
      if (failure === undefined || fault.code !== 'object-missing') failure = fault
    }
  }
  if (instead !== undefined && failure?.code === 'object-missing') {
    try {
      return await attempt(instead)
    } catch (error) {
      throw error instanceof SourceFailed ? error.fault : error
    }
  }
  throw failure ?? new Fault('object-missing')
}

function movesOn(error: unknown): Fault {
  if (!(error instanceof SourceFailed)) throw error
  if (!isSourceFailure(error.fault)) throw error.fault
  return error.fault
}
