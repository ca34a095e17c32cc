/** Work that outlives its request. The kinds and their handlers are named in `main.ts`. */
export interface Jobs {
  /** Accepts work. Fault overloaded when the queue is full. */
  add(kind: string, payload: unknown): Promise<{ readonly id: string }>
  /** Waits for running work, gives the rest back. */
  close(): Promise<void>
}

export type JobHandler = (payload: unknown, signal: AbortSignal) => Promise<void>
