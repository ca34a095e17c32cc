/** A process that ends at its n-th call (from 1) of the world, before or after that call had its effect. */
export type Fate = { readonly call: number; readonly phase: 'before' | 'after' }

/** What a process that ended sees of the world. */
export class Death extends Error {
  override readonly name = 'Death'
}

export type Mortality = {
  /** The calls so far, by name. */
  readonly calls: readonly string[]
  /** The same object as a mortal sees it: once dead, nothing it does has any effect. */
  seen<T extends object>(world: T): T
}

export function mortality(fate?: Fate): Mortality {
  const calls: string[] = []
  let dead = false
  const die = (): never => {
    dead = true
    throw new Death()
  }

  async function living(name: string, work: () => unknown): Promise<unknown> {
    if (dead) throw new Death()
    calls.push(name)
    const phase = calls.length === fate?.call ? fate.phase : undefined
    if (phase === 'before') die()
    const result = await work()
    if (dead || phase === 'after') die()
    // What is handed out can be used to act on the world, too.
    return hasMethods(result) ? seen(result) : result
  }

  function seen<T extends object>(world: T): T {
    return new Proxy(world, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member === 'function') {
          return (...all: unknown[]) => living(String(name), () => Reflect.apply(member, target, all))
        }
        return hasMethods(member) ? seen(member) : member
      },
    })
  }

  return { calls, seen }
}

function hasMethods(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).some((member) => typeof member === 'function')
}
