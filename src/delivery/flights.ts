/** Whether anybody still waits for an answer; asked again before each expensive stage. */
export type Interest = {
  wanted(): boolean
  /** True while this caller waits for a source: a time-out is then the source's. */
  reading?: boolean
}

/** Thrown inside a flight when nobody waits any more; a caller who is still there starts the work anew. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned'
}

/** Stops work that nobody waits for. Throws Abandoned. */
export function stillWanted(interest: Interest): void {
  if (!interest.wanted()) throw new Abandoned('nobody waits for this work any more')
}

export type Flights<T> = {
  /** Joins the work under way for `key`, or starts it. The work sees the interest of all who joined. */
  join(key: string, interest: Interest, work: (interest: Interest) => Promise<T>): Promise<T>
  /** Later callers do not join the work under way for these keys; those who joined already still get its answer. */
  forget(matches: (key: string) => boolean): void
  has(key: string): boolean
  readonly size: number
}

type Flight<T> = { readonly interests: Interest[]; readonly answer: Promise<T> }

/** Equal work asked for twice at once is done once. */
export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>()

  function start(key: string, first: Interest, work: (interest: Interest) => Promise<T>): Flight<T> {
    const interests = [first]
    const answer = work({ wanted: () => interests.some((one) => one.wanted()) }).finally(() => {
      if (flights.get(key) === flight) flights.delete(key)
    })
    const flight = { interests, answer }
    flights.set(key, flight)
    return flight
  }

  return {
    async join(key, interest, work) {
      for (;;) {
        const running = flights.get(key)
        running?.interests.push(interest)
        const flight = running ?? start(key, interest, work)
        try {
          return await flight.answer
        } catch (error) {
          // The work may have been dropped just before this caller joined it.
          if (!(error instanceof Abandoned) || !interest.wanted()) throw error
        }
      }
    },
    forget(matches) {
      for (const key of [...flights.keys()]) if (matches(key)) flights.delete(key)
    },
    has: (key) => flights.has(key),
    get size() {
      return flights.size
    },
  }
}
