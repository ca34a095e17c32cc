import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { Fault } from '../../src/faults.ts'
import type { JobKind, JobStatus, Jobs, Reason } from '../../src/jobs/jobs.ts'
import { deferred, untilStopped } from './deferred.ts'
import { onBothEngines } from './places.ts'

const PATIENCE = { timeout: 20_000, interval: 20 }

/** Resolves with the status once the job has ended. */
async function ended(jobs: Jobs, { id }: { readonly id: string }): Promise<JobStatus | undefined> {
  let status: JobStatus | undefined
  await expect
    .poll(async () => {
      status = await jobs.status(id)
      return status?.state
    }, PATIENCE)
    .toMatch(/^(done|dead)$/)
  return status
}

const stateOf =
  (jobs: Jobs, { id }: { readonly id: string }) =>
  async () =>
    (await jobs.status(id))?.state

onBothEngines((places) => {
  it('a job waits, runs and is done; its status tells the result', async () => {
    const place = await places.place()
    const gate = deferred()
    const jobs = await places.open(
      place,
      { sum: { handler: (payload) => gate.promise.then(() => ({ sum: payload })) } },
      { idle: true },
    )
    const job = await jobs.add('sum', [1, 2], { project: 'demo' })
    expect(await jobs.status(job.id)).toMatchObject({ id: job.id, kind: 'sum', project: 'demo', state: 'waiting' })
    jobs.start()
    await expect.poll(stateOf(jobs, job), PATIENCE).toBe('running')
    gate.resolve()
    const status = await ended(jobs, job)
    expect(status).toMatchObject({ state: 'done', result: { sum: [1, 2] }, project: 'demo' })
    expect(Math.abs(Date.now() - (status?.addedAt.getTime() ?? 0))).toBeLessThan(60_000)
  })

  it('knows no job under an id that nobody got', async () => {
    const jobs = await places.open(await places.place(), { any: {} })
    for (const id of [randomUUID(), 'x', '', "' or 1=1"]) expect(await jobs.status(id)).toBeUndefined()
    await expect(jobs.add('other', 1)).rejects.toThrow(/no handler/)
  })

  it('what was accepted is still there after the process has ended', async () => {
    const place = await places.place()
    const before = await places.open(place, { echo: {} }, { idle: true })
    const job = await before.add('echo', 'x')
    await before.close()
    const after = await places.open(place, { echo: { handler: async (payload) => payload } })
    expect(await ended(after, job)).toMatchObject({ state: 'done', result: 'x' })
  })

  it.each([
    ['nothing', undefined, null],
    ['every kind of value', { a: [1, null, true, { b: 'ü' }], c: 1.5 }, { a: [1, null, true, { b: 'ü' }], c: 1.5 }],
    [
      'characters that databases dislike',
      '\u0000 \ud800 \u{1f600} \\u0000 \' " %',
      '\u0000 \ud800 \u{1f600} \\u0000 \' " %',
    ],
  ])('a payload and a result come through unchanged: %s', async (_, payload, expected) => {
    const jobs = await places.open(await places.place(), { echo: { handler: async (got) => got } })
    expect(await ended(jobs, await jobs.add('echo', payload))).toMatchObject({ state: 'done', result: expected })
  })

  it('runs jobs in order, no more at once than the kind has workers, and kinds beside each other', async () => {
    const started: unknown[] = []
    const gates = [deferred(), deferred(), deferred()]
    const jobs = await places.open(await places.place(), {
      slow: {
        workers: 2,
        handler: async (payload) => {
          started.push(payload)
          await gates[Number(payload)]?.promise
        },
      },
      quick: {},
    })
    const slow = [await jobs.add('slow', 0), await jobs.add('slow', 1), await jobs.add('slow', 2)]
    await ended(jobs, await jobs.add('quick', null))
    await expect.poll(() => started.length, PATIENCE).toBe(2)
    // Two that run beside each other may begin in either order.
    expect([...started].sort()).toEqual([0, 1])
    gates[1]?.resolve()
    await expect.poll(() => started.length, PATIENCE).toBe(3)
    expect(started[2]).toBe(2)
    for (const gate of gates) gate.resolve()
    for (const job of slow) await ended(jobs, job)
  })

  it('runs a job not before its time', async () => {
    const place = await places.place()
    const jobs = await places.open(place, { any: {} })
    const later = await jobs.add('any', null, { runAt: new Date(Date.now() + 3_600_000) })
    await ended(jobs, await jobs.add('any', null))
    expect(await stateOf(jobs, later)()).toBe('waiting')
    await place.age(3601)
    expect(await ended(jobs, later)).toMatchObject({ state: 'done' })
  })

  it('tries again after growing delays, then gives up and says why', async () => {
    const place = await places.place()
    const attempts: number[] = []
    const jobs = await places.open(place, {
      bad: {
        delays: [100, 1000],
        handler: async (_payload, _signal, { attempt }) => {
          attempts.push(attempt)
          throw new Fault('source-unreachable', 'nobody there')
        },
      },
    })
    const job = await jobs.add('bad', null, { attempts: 3 })
    await expect.poll(() => attempts, PATIENCE).toEqual([1])
    await expect.poll(stateOf(jobs, job), PATIENCE).toBe('waiting')
    await place.age(90)
    await ended(jobs, await jobs.add('bad', null, { attempts: 1 }))
    expect(attempts).toEqual([1, 1])
    await place.age(20)
    await expect.poll(() => attempts, PATIENCE).toEqual([1, 1, 2])
    await expect.poll(stateOf(jobs, job), PATIENCE).toBe('waiting')
    await place.age(900)
    await ended(jobs, await jobs.add('bad', null, { attempts: 1 }))
    expect(attempts).toEqual([1, 1, 2, 1])
    await place.age(200)
    const reason = { code: 'source-unreachable', message: 'nobody there' }
    expect(await ended(jobs, job)).toMatchObject({ state: 'dead', reason })
    expect(attempts).toEqual([1, 1, 2, 1, 3])
  })

  it('a job that succeeds at last is done, and its work was tried as often as the kind says', async () => {
    let tried = 0
    const jobs = await places.open(await places.place(), {
      unsure: {
        attempts: 3,
        handler: async (_payload, _signal, { attempts }) => {
          if (++tried < attempts) throw new Error('not yet')
          return tried
        },
      },
    })
    expect(await ended(jobs, await jobs.add('unsure', null))).toMatchObject({ state: 'done', result: 3 })
  })

  it('keeps of an unexpected error nothing but that it happened, since it may hold a secret', async () => {
    const place = await places.place()
    const jobs = await places.open(place, {
      bad: {
        handler: async () => {
          throw new Error('the password is swordfish')
        },
      },
    })
    expect(await ended(jobs, await jobs.add('bad', null))).toMatchObject({
      state: 'dead',
      reason: { code: 'unexpected' },
    })
    expect(await place.dump()).not.toContain('swordfish')
  })

  it('does not try again what cannot succeed, and tells whoever wants to know before the job is dead', async () => {
    const told: { reason: Reason; payload: unknown; secret: unknown }[] = []
    const letters: unknown[] = []
    const jobs = await places.open(await places.place(), {
      bad: {
        attempts: 5,
        worthRetrying: () => false,
        handler: async () => {
          throw new Fault('not-an-image')
        },
        onDead: async (payload, reason, { secret, follow }) => {
          told.push({ payload, reason, secret })
          await follow('letter', 'letter', { failed: reason.code })
        },
      },
      letter: { handler: async (payload) => void letters.push(payload) },
    })
    await ended(jobs, await jobs.add('bad', 7, { secret: 's' }))
    expect(told).toMatchObject([{ payload: 7, secret: 's', reason: { code: 'not-an-image' } }])
    await expect.poll(() => letters, PATIENCE).toEqual([{ failed: 'not-an-image' }])
  })

  it('lets go of what a job used when its end is kept, and not before', async () => {
    const seen: unknown[] = []
    const onEnded = async (payload: unknown) => {
      seen.push([payload, (await jobs.status(String(payload)))?.state])
      throw new Error('already gone')
    }
    const seenBeforeTries: number[] = []
    const jobs = await places.open(await places.place(), {
      good: { onEnded, handler: async () => undefined },
      bad: {
        ...{ onEnded, attempts: 2, delays: [0] },
        handler: async () => {
          seenBeforeTries.push(seen.length)
          throw new Fault('source-unreachable')
        },
      },
    })
    const [good, bad] = [randomUUID(), randomUUID()]
    await jobs.add('good', good, { id: good })
    await expect.poll(() => seen, PATIENCE).toEqual([[good, 'done']])
    await jobs.add('bad', bad, { id: bad })
    await expect.poll(() => seen.slice(1), PATIENCE).toEqual([[bad, 'dead']])
    expect(seenBeforeTries).toEqual([1, 1])
  })

  it('clears away at the start what earlier processes left, and can ask for any job', async () => {
    const place = await places.place()
    const before = await places.open(place, { any: {}, other: {} }, { idle: true })
    const { id } = await before.add('other', null)
    await before.close()
    const found: unknown[] = []
    const onStart: JobKind['onStart'] = async (status) => {
      found.push((await status(id))?.state, await status(randomUUID()))
      throw new Error('no use')
    }
    const jobs = await places.open(place, { any: { onStart }, other: {} }, { idle: true })
    expect(found).toEqual([])
    jobs.start()
    expect(await ended(jobs, { id })).toMatchObject({ state: 'done' })
    await expect.poll(() => found, PATIENCE).toHaveLength(2)
    expect(found).toEqual([expect.stringMatching(/waiting|running|done/), undefined])
  })

  it('refuses what is too much or too large, but never what follows from an accepted job', async () => {
    const gate = deferred()
    const followed: string[] = []
    const jobs = await places.open(await places.place(), {
      parent: {
        workers: 1,
        queueLength: 2,
        handler: async (payload, _signal, { follow }) => {
          await gate.promise
          if (payload === 0) for (const name of ['a', 'b', 'a']) followed.push((await follow(name, 'parent', 1)).id)
        },
      },
    })
    const first = await jobs.add('parent', 0)
    await expect.poll(stateOf(jobs, first), PATIENCE).toBe('running')
    const second = await jobs.add('parent', 1)
    await jobs.add('parent', 2)
    await expect(jobs.add('parent', 3)).rejects.toMatchObject({ code: 'overloaded' })
    expect(await jobs.add('parent', 3, { id: second.id })).toEqual({ id: second.id })
    await expect(jobs.add('parent', 'x'.repeat(1024 * 1024))).rejects.toMatchObject({ code: 'too-large' })
    await expect(jobs.add('parent', 0, { secret: 'x'.repeat(64 * 1024) })).rejects.toMatchObject({ code: 'too-large' })
    gate.resolve()
    await ended(jobs, first)
    expect(followed[0]).toBe(followed[2])
    expect(new Set(followed).size).toBe(2)
    for (const id of followed) expect(await ended(jobs, { id })).toMatchObject({ state: 'done' })
  })

  it('one id is one job, also after it has ended', async () => {
    const ran: unknown[] = []
    const jobs = await places.open(await places.place(), {
      any: { handler: async (payload) => void ran.push(payload) },
    })
    const id = randomUUID()
    await jobs.add('any', 'first', { id })
    await jobs.add('any', 'second', { id })
    await ended(jobs, { id })
    await jobs.add('any', 'third', { id })
    await ended(jobs, await jobs.add('any', 'last'))
    expect(ran).toEqual(['first', 'last'])
  })

  it('keeps secrets sealed while the job waits, opens them for the handler and wipes them at the end', async () => {
    const place = await places.place()
    const seen: unknown[] = []
    const jobs = await places.open(
      place,
      {
        good: { handler: async (_payload, _signal, { secret }) => void seen.push(secret) },
        bad: {
          handler: async () => {
            throw new Error('x')
          },
        },
      },
      { idle: true },
    )
    const secret = { key: 'swordfish' }
    const added = [
      await jobs.add('good', 'in the clear', { secret }),
      await jobs.add('bad', 'in the clear', { secret }),
    ]
    const waiting = await place.dump()
    expect(waiting).not.toContain('swordfish')
    expect(waiting).toContain(`v1.`)
    jobs.start()
    for (const job of added) await ended(jobs, job)
    expect(seen).toEqual([secret])
    const after = await place.dump()
    expect(after).not.toContain('v1.')
    expect(after).not.toContain('in the clear')
  })

  it('gives up a job whose secret cannot be opened any more', async () => {
    const place = await places.place()
    const before = await places.open(place, { any: {} }, { idle: true })
    const job = await before.add('any', null, { secret: 1 })
    await before.close()
    const sealing = {
      seal: () => '',
      open: () => {
        throw new Error('another key')
      },
    }
    const after = await places.open(place, { any: {} }, { sealing })
    expect(await ended(after, job)).toMatchObject({ state: 'dead', reason: { code: 'sealed' } })
  })

  it('forgets a job some time after its end, a dead one later', async () => {
    const place = await places.place()
    const jobs = await places.open(place, {
      good: {},
      bad: {
        handler: async () => {
          throw new Fault('not-an-image')
        },
      },
    })
    const good = await jobs.add('good', null, { expiresAfter: 3600 })
    const bad = await jobs.add('bad', null, { expiresAfter: 3600 })
    for (const job of [good, bad]) await ended(jobs, job)
    await place.age(3590)
    expect(await stateOf(jobs, good)()).toBe('done')
    await place.age(20)
    expect(await jobs.status(good.id)).toBeUndefined()
    expect(await stateOf(jobs, bad)()).toBe('dead')
    await place.age(7 * 86_400)
    expect(await jobs.status(bad.id)).toBeUndefined()
    await expect.poll(async () => (await place.dump()).includes(bad.id), PATIENCE).toBe(false)
    expect(await place.dump()).not.toContain(good.id)
  })

  it('takes back what a dead process had, without counting that as a try; what the dead one says later is not heard', async () => {
    const place = await places.place()
    const late = deferred<string>()
    const entered = deferred()
    const dead = await places.open(
      place,
      {
        any: {
          handler: () => {
            entered.resolve()
            return late.promise
          },
        },
      },
      // It does not notice that it has lost the job.
      { sweepMs: 3_600_000 },
    )
    const job = await dead.add('any', null)
    await entered.promise
    const again: number[] = []
    const finish = deferred()
    const next = await places.open(place, {
      any: {
        handler: async (_payload, _signal, { attempt }) => {
          again.push(attempt)
          await finish.promise
          return 'second'
        },
      },
    })
    await place.age(31)
    await expect.poll(() => again, PATIENCE).toEqual([1])
    late.resolve('first')
    await dead.close()
    expect(await stateOf(next, job)()).toBe('running')
    finish.resolve()
    expect(await ended(next, job)).toMatchObject({ state: 'done', result: 'second' })
  })

  it('tells a handler when another process has taken its job', async () => {
    const place = await places.place()
    const reasons: unknown[] = []
    const store = place.store()
    const entered = deferred()
    const jobs = await places.open(
      place,
      {
        any: {
          handler: async (_payload, signal) => {
            entered.resolve()
            await untilStopped(signal).catch((reason: unknown) => {
              reasons.push(reason)
              throw reason
            })
          },
        },
      },
      { store: { ...store, leaseMs: 30, renew: async () => new Set() } },
    )
    await jobs.add('any', null)
    await entered.promise
    await expect.poll(() => reasons, PATIENCE).toMatchObject([{ code: 'conflict' }])
  })

  it('gives up a job whose process dies again and again, and tells', async () => {
    const place = await places.place()
    let ran = 0
    const told: Reason[] = []
    const jobs = await places.open(
      place,
      { any: { handler: async () => void ran++, onDead: async (_payload, reason) => void told.push(reason) } },
      { idle: true },
    )
    const job = await jobs.add('any', null)
    await place.lose(job.id, 13)
    jobs.start()
    expect(await ended(jobs, job)).toMatchObject({ state: 'dead', reason: { code: 'lost' } })
    expect([ran, told.length]).toEqual([0, 1])
  })

  it('lets a job end that is about to when the queue closes, and gives the others back uncounted', async () => {
    const place = await places.place()
    const quick = deferred()
    const attempts: number[] = []
    let entered = 0
    const entering = (work: (signal: AbortSignal) => Promise<unknown>) => (_payload: unknown, signal: AbortSignal) => {
      entered++
      return work(signal)
    }
    const before = await places.open(
      place,
      {
        quick: { handler: entering(() => quick.promise) },
        long: { handler: entering(untilStopped) },
        deaf: { handler: entering(() => new Promise(() => undefined)) },
      },
      { graceMs: 200 },
    )
    const added = [await before.add('quick', 1), await before.add('long', 1), await before.add('deaf', 1)]
    await expect.poll(() => entered, PATIENCE).toBe(3)
    const closed = before.close()
    quick.resolve()
    await closed
    await expect(before.add('quick', 1)).rejects.toMatchObject({ code: 'overloaded' })
    const note = {
      handler: async (_payload: unknown, _signal: AbortSignal, { attempt }: { attempt: number }) =>
        void attempts.push(attempt),
    }
    const after = await places.open(place, { quick: note, long: note, deaf: note })
    for (const job of added) expect(await ended(after, job)).toMatchObject({ state: 'done' })
    expect(attempts).toEqual([1, 1])
  })

  it('stops a job that takes too long', async () => {
    const jobs = await places.open(await places.place(), {
      slow: { timeLimit: 0.05, handler: (_payload, signal) => untilStopped(signal) },
    })
    expect(await ended(jobs, await jobs.add('slow', null))).toMatchObject({
      state: 'dead',
      reason: { code: 'timed-out' },
    })
  })

  it('notes the end of a job when the store answers again, and takes jobs again', async () => {
    const place = await places.place()
    const store = place.store()
    let troubles = 0
    const unsteady = <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) => {
      let left = 2
      return async (...args: A): Promise<T> => {
        if (left-- <= 0) return call(...args)
        troubles++
        throw new Error('the database is away')
      }
    }
    let ran = 0
    const jobs = await places.open(
      place,
      { any: { handler: async () => void ran++ } },
      { store: { ...store, claim: unsteady(store.claim), end: unsteady(store.end) } },
    )
    expect(await ended(jobs, await jobs.add('any', null))).toMatchObject({ state: 'done' })
    expect([ran, troubles]).toEqual([1, 4])
  })

  it('goes on when the connections to the database have broken, also under a job that runs', async () => {
    const place = await places.place()
    const entered = deferred()
    const gate = deferred()
    const jobs = await places.open(place, {
      any: {
        handler: async () => {
          entered.resolve()
          await gate.promise
        },
      },
    })
    const first = await jobs.add('any', 1)
    await entered.promise
    await place.disconnect()
    gate.resolve()
    expect(await ended(jobs, first)).toMatchObject({ state: 'done' })
    await place.disconnect()
    expect(await ended(jobs, await jobs.add('any', 2))).toMatchObject({ state: 'done' })
  })

  it('several processes share the work, each job to one of them', async () => {
    const place = await places.place()
    const ran = new Map<unknown, number>()
    const kinds = {
      any: { workers: 3, handler: async (payload: unknown) => void ran.set(payload, (ran.get(payload) ?? 0) + 1) },
    }
    const one = await places.open(place, kinds)
    const two = await places.open(place, kinds)
    const added = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : two).add('any', n)))
    for (const job of added) await ended(one, job)
    expect([...ran.values()]).toEqual(Array.from({ length: 40 }, () => 1))
  })
})
