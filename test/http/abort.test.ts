import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { unlessAborted } from '../../src/http/abort.ts'

test('the outcome of the work, or the reason of the abort', async () => {
  const stop = new AbortController()
  expect(await unlessAborted(Promise.resolve(1), stop.signal)).toBe(1)
  await expect(unlessAborted(Promise.reject(new Error('failed')), stop.signal)).rejects.toThrow('failed')
  const waiting = unlessAborted(new Promise(() => undefined), stop.signal)
  stop.abort(new Error('left'))
  await expect(waiting).rejects.toThrow('left')
  await expect(unlessAborted(Promise.resolve(1), stop.signal)).rejects.toThrow('left')
})

test('what has passed is not kept while the signal lives', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const stop = new AbortController()
  const passed: WeakRef<object>[] = []
  for (let piece = 0; piece < 50; piece++) {
    passed.push(new WeakRef(await unlessAborted(Promise.resolve({ piece }), stop.signal)))
  }
  await expect
    .poll(() => {
      collectGarbage()
      return passed.filter((one) => one.deref() !== undefined).length
    })
    .toBeLessThan(5)
  expect(stop.signal.aborted).toBe(false)
})
