import { describe, expect, it } from 'vitest'
import { createInProcessJobs } from '../../src/jobs/in-process.ts'

function deferred() {
  let release = () => {}
  const promise = new Promise<void>((resolve) => {
    release = resolve
  })
  return { promise, release }
}

describe('the in-process queue', () => {
  it('runs jobs in order, no more at once than it has workers', async () => {
    const gates = [deferred(), deferred(), deferred()]
    const started: number[] = []
    const jobs = createInProcessJobs({
      workers: 2,
      queueLength: 10,
      onFailure: () => {},
      handlers: {
        wait: async (payload) => {
          started.push(Number(payload))
          await gates[Number(payload)]?.promise
        },
      },
    })
    for (const n of [0, 1, 2]) await jobs.add('wait', n)
    expect(started).toEqual([0, 1])
    gates[1]?.release()
    await expect.poll(() => started).toEqual([0, 1, 2])
    for (const gate of gates) gate.release()
    await jobs.close()
  })

  it('reports a job that fails and goes on with the next', async () => {
    const failed: string[] = []
    const done = deferred()
    const jobs = createInProcessJobs({
      workers: 1,
      queueLength: 10,
      onFailure: (kind, _id, error) => failed.push(`${kind}: ${error instanceof Error ? error.message : ''}`),
      handlers: {
        bad: async () => {
          throw new Error('broken')
        },
        good: async () => done.release(),
      },
    })
    await jobs.add('bad', null)
    await jobs.add('good', null)
    await done.promise
    expect(failed).toEqual(['bad: broken'])
    await jobs.close()
  })

  it('refuses work when the queue is full, and after it was closed', async () => {
    const gate = deferred()
    const jobs = createInProcessJobs({
      workers: 1,
      queueLength: 1,
      onFailure: () => {},
      handlers: { wait: () => gate.promise },
    })
    await jobs.add('wait', 1)
    await jobs.add('wait', 2)
    await expect(jobs.add('wait', 3)).rejects.toMatchObject({ code: 'overloaded' })
    gate.release()
    await jobs.close()
    await expect(jobs.add('wait', 4)).rejects.toMatchObject({ code: 'overloaded' })
  })

  it('tells running jobs to stop when it closes, and waits for them', async () => {
    let ended = false
    const jobs = createInProcessJobs({
      workers: 1,
      queueLength: 1,
      onFailure: () => {},
      handlers: {
        long: (_payload, signal) =>
          new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => {
              ended = true
              resolve()
            }),
          ),
      },
    })
    await jobs.add('long', null)
    await jobs.close()
    expect(ended).toBe(true)
  })
})
