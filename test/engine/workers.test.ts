import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { transferable } from '../../src/engine/workers/transferable.ts'
import { createWorkers, type Workers, type WorkersOptions } from '../../src/engine/workers.ts'
import type { RoughTasks } from './workers/rough-tasks.ts'

const open: Workers<RoughTasks>[] = []
afterEach(() => Promise.all(open.splice(0).map((workers) => workers.close())))

function roughWorkers(options: Partial<WorkersOptions> = {}): Workers<RoughTasks> {
  const tasks = new URL('./workers/rough-tasks.ts', import.meta.url)
  const workers = createWorkers<RoughTasks>({ size: 1, tasks, ...options })
  open.push(workers)
  return workers
}

/** A flag that lets `spin` go, and counts how many spin. */
function flag() {
  const memory = new SharedArrayBuffer(8)
  const view = new Int32Array(memory)
  return {
    memory,
    raise: () => Atomics.store(view, 0, 1),
    started: async (count: number) => {
      while (Atomics.load(view, 1) < count) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('results', () => {
  it('come back, one for each task', async () => {
    const workers = roughWorkers({ size: 2 })
    const words = ['a', 'b', 'c', 'd', 'e']
    expect(await Promise.all(words.map((word) => workers.run('echo', word)))).toEqual(words)
  })

  it('memory moves there and back', async () => {
    const data = new Uint8Array(1000).fill(2)
    const back = await roughWorkers().run('sum', data, { transfer: transferable(data) })
    expect(data.byteLength).toBe(0)
    expect(back.sum).toBe(2000)
    expect(back.data.byteLength).toBe(1000)
  })

  it('memory that others look at is copied', async () => {
    const all = new Uint8Array(100)
    expect(transferable(all.subarray(0, 50))).toEqual([])
    expect(transferable(Buffer.from('pooled'))).toEqual([])
    expect(transferable(new Uint8Array(new SharedArrayBuffer(4)))).toEqual([])
    expect(transferable(all)).toEqual([all.buffer])
  })

  it('threads see nothing of the environment, where secrets stand', async () => {
    expect(await roughWorkers().run('environment', undefined)).toEqual([])
  })
})

describe('failures', () => {
  it('a fault arrives with its code and context', async () => {
    await expect(roughWorkers().run('refuse', 'bmp')).rejects.toMatchObject({
      name: 'Fault',
      code: 'image-corrupt',
      message: 'broken on purpose',
      context: { format: 'bmp' },
    })
  })

  it('a mistake in the code stays an unknown error', async () => {
    await expect(roughWorkers().run('fail', undefined)).rejects.toThrow('a mistake in the code')
  })

  it('what cannot be sent is refused without harm', async () => {
    const workers = roughWorkers()
    // biome-ignore lint/suspicious/noExplicitAny: a function on purpose, which cannot be sent to a thread
    await expect(workers.run('echo', (() => 1) as any)).rejects.toThrow('could not be cloned')
    expect(await workers.run('echo', 'still here')).toBe('still here')
  })

  it('a task that eats all memory loses its thread only; what waits behind it is done by the next', async () => {
    const workers = roughWorkers({ heapMb: 32 })
    const eating = workers.run('eat', undefined)
    const behind = workers.run('echo', 'next')
    await expect(eating).rejects.toMatchObject({ code: 'too-large' })
    expect(await behind).toBe('next')
  })

  it('a task that ends its thread is rejected; what waits behind it is done by the next', async () => {
    const workers = roughWorkers()
    const leaving = workers.run('leave', undefined)
    const behind = workers.run('echo', 'next')
    await expect(leaving).rejects.toMatchObject({ code: 'image-corrupt' })
    expect(await behind).toBe('next')
  })

  it('tasks of a module that cannot be loaded are rejected, each', async () => {
    const workers = createWorkers<RoughTasks>({ size: 1, tasks: new URL('./workers/missing.ts', import.meta.url) })
    open.push(workers)
    await expect(workers.run('echo', 'a')).rejects.toThrow()
    await expect(workers.run('echo', 'b')).rejects.toThrow()
  })
})

describe('bounds', () => {
  it('a task that takes too long is stopped and the thread replaced', async () => {
    const workers = roughWorkers({ limitMs: 300 })
    await expect(workers.run('spin', flag().memory)).rejects.toMatchObject({ code: 'timed-out' })
    expect(await workers.run('echo', 'next')).toBe('next')
  })

  it('beyond the queue tasks are refused at once', async () => {
    const workers = roughWorkers({ queue: 1 })
    const hold = flag()
    const running = workers.run('spin', hold.memory)
    const waiting = workers.run('echo', 'waiting')
    await expect(workers.run('echo', 'refused')).rejects.toMatchObject({
      code: 'overloaded',
      context: { retryAfterSeconds: 2 },
    })
    hold.raise()
    expect(await Promise.all([running, waiting])).toEqual(['spun', 'waiting'])
  })

  it('who leaves, leaves the queue', async () => {
    const workers = roughWorkers({ queue: 1 })
    const hold = flag()
    const running = workers.run('spin', hold.memory)
    const leaving = new AbortController()
    const left = workers.run('echo', 'left', { signal: leaving.signal })
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    const next = workers.run('echo', 'next')
    hold.raise()
    expect(await Promise.all([running, next])).toEqual(['spun', 'next'])
  })

  it('who leaves stops the task', async () => {
    const workers = roughWorkers()
    const hold = flag()
    const leaving = new AbortController()
    const left = workers.run('spin', hold.memory, { signal: leaving.signal })
    const next = workers.run('echo', 'next')
    await hold.started(1)
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    expect(await next).toBe('next')
    await expect(workers.run('echo', 'late', { signal: leaving.signal })).rejects.toThrow('gone')
  })

  it('closing rejects what runs and waits, and what comes later', async () => {
    const workers = roughWorkers()
    const outcomes = Promise.allSettled([workers.run('spin', flag().memory), workers.run('echo', 'waiting')])
    await workers.close()
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: 'overloaded' } })
    await expect(workers.run('echo', 'late')).rejects.toMatchObject({ code: 'overloaded' })
  })
})

it('while every thread is busy and the queue is full, the main thread answers', async () => {
  const workers = roughWorkers({ size: 2, queue: 2 })
  const hold = flag()
  const events: string[] = []
  const work = [1, 2, 3, 4].map(() => workers.run('spin', hold.memory).then(() => events.push('worked')))
  await hold.started(2)

  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server listening on a port has an AddressInfo.
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < 3; i++) {
    const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response')
    response.resume()
    await once(response, 'end')
    events.push('answered')
  }
  hold.raise()
  await Promise.all(work)
  server.close()
  expect(events).toEqual(['answered', 'answered', 'answered', 'worked', 'worked', 'worked', 'worked'])
})
