import { describe, expect, it } from 'vitest'
import { createGate, type GateOptions } from '../../src/engine/gate.ts'

/** A clock that moves when told, and a gate on it whose works end when told. */
function scene(options: Partial<Omit<GateOptions, 'clock'>> = {}) {
  let time = 0
  let bells: { readonly at: number; ring(): void }[] = []
  const clock = {
    now: () => time,
    after(milliseconds: number, ring: () => void) {
      const bell = { at: time + milliseconds, ring }
      bells.push(bell)
      return () => {
        bells = bells.filter((other) => other !== bell)
      }
    },
  }
  const gate = createGate({ slots: 1, queue: { length: 10, waitMs: 5000 }, ...options, clock })
  const begun: string[] = []
  const ends = new Map<string, { resolve(value: string): void; reject(error: unknown): void }>()
  return {
    gate,
    begun,
    enter: (name: string, weight: number, signal?: AbortSignal) =>
      gate.enter(
        weight,
        () => {
          begun.push(name)
          return new Promise<string>((resolve, reject) => ends.set(name, { resolve, reject }))
        },
        signal,
      ),
    async end(name: string, error?: Error) {
      const work = ends.get(name)
      if (error) work?.reject(error)
      else work?.resolve(name)
      await settled()
    },
    async pass(milliseconds: number) {
      time += milliseconds
      for (const bell of bells.filter(({ at }) => at <= time)) {
        bells = bells.filter((other) => other !== bell)
        bell.ring()
      }
      await settled()
    },
    pending: () => bells.length,
  }
}

/** Lets everything that is due in promises happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('slots', () => {
  it('as many works run at once as there are slots; the result is handed through', async () => {
    const { gate, enter, end, begun } = scene({ slots: 2 })
    const all = [enter('a', 10), enter('b', 10), enter('c', 10)]
    await settled()
    expect(begun).toEqual(['a', 'b'])
    expect(gate.load).toEqual({ running: 2, waiting: 1 })
    await end('b')
    expect(begun).toEqual(['a', 'b', 'c'])
    await end('a')
    await end('c')
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c'])
    expect(gate.load).toEqual({ running: 0, waiting: 0 })
  })

  it('a work that fails gives its slot back', async () => {
    const { enter, end, begun } = scene()
    const failing = enter('a', 1)
    const next = enter('b', 1)
    void failing.catch(() => undefined)
    await settled()
    await end('a', new Error('broken'))
    await expect(failing).rejects.toThrow('broken')
    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(await next).toBe('b')
  })

  it('idle waits for what runs and what waits', async () => {
    const { gate, enter, end } = scene()
    await gate.idle()
    const works = [enter('a', 1), enter('b', 1)]
    const events: string[] = []
    const idle = gate.idle().then(() => events.push('idle'))
    await settled()
    await end('a')
    events.push('a')
    await end('b')
    await idle
    expect(events).toEqual(['a', 'idle'])
    await Promise.all(works)
  })
})

describe('order', () => {
  it('equals go in order of arrival', async () => {
    const { enter, end, begun } = scene()
    const works = ['a', 'b', 'c', 'd'].map((name) => enter(name, 50))
    await settled()
    for (const name of ['a', 'b', 'c', 'd']) await end(name)
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
    await Promise.all(works)
  })

  it('the light go before the heavy', async () => {
    const { enter, end, begun } = scene()
    const works = [enter('running', 1), enter('heavy', 900), enter('middle', 300), enter('light', 20)]
    await settled()
    for (const name of ['running', 'light', 'middle', 'heavy']) await end(name)
    expect(begun).toEqual(['running', 'light', 'middle', 'heavy'])
    await Promise.all(works)
  })

  it('a heavy work that has waited long enough goes before a light one that came late', async () => {
    const { enter, end, pass, begun } = scene()
    const works = [enter('running', 1), enter('heavy', 900)]
    await pass(881)
    works.push(enter('light', 20))
    await end('running')
    expect(begun).toEqual(['running', 'heavy'])
    await end('heavy')
    await end('light')
    await Promise.all(works)
  })

  it('dear works never hold the last slot: a light one comes through at once', async () => {
    const { enter, end, begun } = scene({ slots: 2, dear: 1000 })
    const works = [enter('dear 1', 5000), enter('dear 2', 5000), enter('light', 10)]
    await settled()
    expect(begun).toEqual(['dear 1', 'light'])
    await end('light')
    expect(begun).toEqual(['dear 1', 'light'])
    await end('dear 1')
    expect(begun).toEqual(['dear 1', 'light', 'dear 2'])
    await end('dear 2')
    await Promise.all(works)
  })

  it('with one slot a dear work still gets its turn', async () => {
    const { enter, end } = scene({ slots: 1 })
    const work = enter('dear', 60_000)
    await settled()
    await end('dear')
    expect(await work).toBe('dear')
  })
})

describe('bounds', () => {
  it('a full queue refuses at once and says when to come again', async () => {
    const { enter, end } = scene({ queue: { length: 1, waitMs: 5000 } })
    const works = [enter('a', 1), enter('b', 2500)]
    await expect(enter('c', 1)).rejects.toMatchObject({ code: 'overloaded', context: { retryAfterSeconds: 3 } })
    await end('a')
    await end('b')
    await Promise.all(works)
  })

  it('who has waited too long is refused, its place is free, and nothing of it runs later', async () => {
    const { gate, enter, end, pass, begun, pending } = scene({ queue: { length: 1, waitMs: 5000 } })
    const running = enter('a', 1)
    const waiting = enter('b', 1)
    void waiting.catch(() => undefined)
    await pass(4999)
    expect(gate.load.waiting).toBe(1)
    await pass(1)
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded', context: { retryAfterSeconds: 1 } })
    expect(gate.load.waiting).toBe(0)
    const next = enter('c', 1)
    await end('a')
    await end('c')
    expect(begun).toEqual(['a', 'c'])
    expect(pending()).toBe(0)
    await Promise.all([running, next])
  })

  it('who leaves, leaves the queue', async () => {
    const { gate, enter, end, begun, pending } = scene()
    const leaving = new AbortController()
    const running = enter('a', 1)
    const left = enter('b', 1, leaving.signal)
    void left.catch(() => undefined)
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    expect(gate.load.waiting).toBe(0)
    expect(pending()).toBe(0)
    await end('a')
    expect(begun).toEqual(['a'])
    await running
    await expect(enter('c', 1, leaving.signal)).rejects.toThrow('gone')
  })

  it('a work that has begun is finished although its caller left', async () => {
    const { gate, enter, end } = scene()
    const leaving = new AbortController()
    const work = enter('a', 1, leaving.signal)
    await settled()
    leaving.abort()
    expect(gate.load.running).toBe(1)
    await end('a')
    expect(await work).toBe('a')
  })
})
