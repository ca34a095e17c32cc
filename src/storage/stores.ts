import { createAgents, type Timeouts } from './agents.ts'
import { createStore } from './create-store.ts'
import type { Guard } from './guard.ts'
import type { ObjectStore, StoreConfig } from './object-store.ts'
import { type PostRequest, post } from './web/post.ts'

/** The open stores of the house. */
export type Stores = {
  /**
   * The store of a connection, opened once per revision. `config` is called only when it has to be opened. An older
   * revision is closed: what is being read goes on, nothing new begins. Throws Fault store-misconfigured.
   */
  open(id: string, revision: number, config: () => StoreConfig): ObjectStore
  /** A store that is not kept, for URLs that a request names; it shares the connections of all others. */
  once(config: StoreConfig): ObjectStore
  /** POSTs to a URL that a caller named; the status of the answer, whatever it is. Faults as in `web/post.ts`. */
  post(url: string, request: PostRequest): Promise<number>
  /** Closes the store of a connection that is gone. */
  forget(id: string): Promise<void>
  /** Closes every store and breaks the connections. */
  close(): Promise<void>
}

/** Keeps stores open by connection id and revision, all on one pool of connections under one guard. */
export function createStores(options: { readonly guard: Guard; readonly timeouts?: Timeouts }): Stores {
  const agents = createAgents(options.guard, options.timeouts)
  const open = new Map<string, { readonly revision: number; readonly store: ObjectStore }>()

  return {
    open(id, revision, config) {
      const known = open.get(id)
      if (known?.revision === revision) return known.store
      const store = createStore(config(), { agents })
      // A late reader of an old revision gets its own store and leaves the newer one in place.
      if (known !== undefined && known.revision > revision) return store
      open.set(id, { revision, store })
      void known?.store.close()
      return store
    },
    once: (config) => createStore(config, { agents }),
    post: (url, request) => post(agents, url, request),
    async forget(id) {
      const known = open.get(id)
      open.delete(id)
      await known?.store.close()
    },
    async close() {
      const stores = [...open.values()]
      open.clear()
      await Promise.all(stores.map(({ store }) => store.close()))
      await agents.close()
    },
  }
}
