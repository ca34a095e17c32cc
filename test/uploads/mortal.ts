import type { Files, HeldFile } from '../../src/catalog/files.ts'
import type { ObjectStore, PartStore, PutBody } from '../../src/storage/object-store.ts'

/** When a process ends: at its n-th call (from 1) to the database or the store; `during` is in the middle of a body. */
export type Fate = { readonly call: number; readonly phase: 'before' | 'during' | 'after' }

/** What a process that ended sees of the world. */
export class Death extends Error {
  override readonly name = 'Death'
}

export type Mortal = {
  readonly files: Files
  readonly store: ObjectStore
  /** The calls so far, by name. */
  readonly calls: readonly string[]
  readonly dead: boolean
}

/** A database and a store as a process sees them that ends when its fate says: from then on nothing it does has any effect. */
export function mortal(files: Files, store: ObjectStore, fate?: Fate): Mortal {
  const calls: string[] = []
  let dead = false
  const die = (): never => {
    dead = true
    throw new Death()
  }

  async function living<T>(name: string, work: (dying: boolean) => Promise<T>): Promise<T> {
    if (dead) throw new Death()
    calls.push(name)
    const phase = calls.length === fate?.call ? fate.phase : undefined
    if (phase === 'before') die()
    try {
      return await work(phase === 'during')
    } finally {
      if (dead || phase === 'after') die()
    }
  }

  async function* broken(body: PutBody): AsyncGenerator<Uint8Array> {
    for await (const chunk of body instanceof Uint8Array ? [body] : body) {
      yield chunk.subarray(0, Math.ceil(chunk.byteLength / 2))
      die()
    }
  }

  const held = (one: HeldFile): HeldFile => ({
    ...one,
    renew: (leaseMs) => living('renew', () => one.renew(leaseMs)),
    stored: (written) => living('stored', () => one.stored(written)),
    recorded: (written) => living('recorded', () => one.recorded(written)),
    unchanged: () => living('unchanged', () => one.unchanged()),
    leaves: () => living('leaves', () => one.leaves()),
    forget: () => living('held.forget', () => one.forget()),
  })
  const maybeHeld = (one: HeldFile | undefined) => one && held(one)

  const mortalParts = (parts: PartStore): PartStore => ({
    ...parts,
    begin: (...all) => living('begin', () => parts.begin(...all)),
    put: (...all) => living('part', () => parts.put(...all)),
    complete: (...all) => living('complete', () => parts.complete(...all)),
    abort: (...all) => living('abort', () => parts.abort(...all)),
  })

  return {
    calls,
    get dead() {
      return dead
    },
    files: {
      arriving: (...all) => living('arriving', async () => held(await files.arriving(...all))),
      changing: (...all) => living('changing', async () => maybeHeld(await files.changing(...all))),
      leaving: (...all) => living('leaving', async () => maybeHeld(await files.leaving(...all))),
      takeOver: (...all) => living('takeOver', async () => (await files.takeOver(...all)).map(held)),
      forget: (handle) => living('forget', () => files.forget(handle)),
      find: (handle) => living('find', () => files.find(handle)),
      learn: (...all) => living('learn', () => files.learn(...all)),
      replaced: (...all) => living('replaced', () => files.replaced(...all)),
      neighbours: (record) => living('neighbours', () => files.neighbours(record)),
    },
    store: {
      capabilities: store.capabilities,
      head: (...all) => living('head', () => store.head(...all)),
      get: (...all) => living('get', () => store.get(...all)),
      put: (key, body, options) => living('put', (dying) => store.put(key, dying ? broken(body) : body, options)),
      delete: (key) => living('delete', () => store.delete(key)),
      list: (...all) => living('list', () => store.list(...all)),
      presign: (...all) => living('presign', () => store.presign(...all)),
      ...(store.parts && { parts: mortalParts(store.parts) }),
      close: () => store.close(),
    },
  }
}
