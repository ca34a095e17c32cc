/** Held by work that will store something; a purge of any of its sources makes it void. */
export type Ticket = { readonly void: boolean }

export type Tickets = {
  /** Runs work that depends on these sources (record keys) under a ticket. */
  hold<T>(sources: readonly string[], work: (ticket: Ticket) => Promise<T>): Promise<T>
  /** Work started before this moment must not be stored any more. */
  revoke(source: string): void
}

/** So that a purge also beats work in flight: what was read before the purge is not stored after it. */
export function createTickets(): Tickets {
  const held = new Map<string, Set<{ void: boolean }>>()
  return {
    async hold(sources, work) {
      const ticket = { void: false }
      for (const source of sources) {
        const tickets = held.get(source) ?? new Set()
        held.set(source, tickets.add(ticket))
      }
      try {
        return await work(ticket)
      } finally {
        for (const source of sources) {
          const tickets = held.get(source)
          tickets?.delete(ticket)
          if (tickets?.size === 0) held.delete(source)
        }
      }
    },
    revoke(source) {
      for (const ticket of held.get(source) ?? []) ticket.void = true
    },
  }
}
