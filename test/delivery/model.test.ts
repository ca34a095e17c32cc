import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { textOf } from './bodies.ts'
import { ask, createRoom, picture, turned } from './room.ts'

type Act =
  | { readonly act: 'ask'; readonly variant: number; readonly wait: boolean }
  | { readonly act: 'change' | 'purge' | 'later' | 'restart' | 'down' | 'up' | 'settle' }

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('ask' as const), variant: fc.nat(2), wait: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom<Exclude<Act['act'], 'ask'>>('change', 'purge', 'later', 'restart', 'down', 'up', 'settle'),
    }),
  },
)

/**
 * One object whose bytes are the number of its version. Whatever happens in whatever order, a request that began after a purge
 * never sees what was there before it, no answer is from the future, and only a store that is down makes one fail.
 */
test('no order of requests, changes, purges, restarts and outages ever shows what a purge removed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 30 }), fc.boolean(), async (acts, lying) => {
      const room = await createRoom({ cache: { memoryBytes: 20_000 }, limits: { requestTimeoutSeconds: 100_000 } })
      const { store, clock } = room
      let { delivery } = room
      let version = 1
      let floor = 1
      const under: Promise<void>[] = []
      // A store that says the same ETag for other bytes: then nothing but the purge itself tells old from new.
      const put = () => {
        const bytes = Buffer.from(`${version}`)
        store.set('a', lying ? { bytes, etag: '"1"' } : bytes)
      }
      put()

      async function request(variant: number): Promise<void> {
        const least = floor
        try {
          const text = await textOf(await delivery.deliver(ask('a', { plan: turned(variant + 1) })))
          const seen = Number(text.split('|')[0])
          expect(seen).toBeGreaterThanOrEqual(least)
          expect(seen).toBeLessThanOrEqual(version)
        } catch (error) {
          expect(error).toMatchObject({ code: 'source-unreachable' })
        }
      }

      for (const one of acts) {
        switch (one.act) {
          case 'ask': {
            const asked = request(one.variant)
            if (one.wait) await asked
            else under.push(asked)
            break
          }
          case 'change':
            version += 1
            put()
            break
          case 'purge':
            await delivery.purge('demo', picture('a'))
            floor = version
            break
          case 'later':
            clock.advance(301_000)
            break
          case 'restart':
            await Promise.all(under)
            delivery = await room.restart()
            break
          case 'down':
            store.failure = new Fault('source-unreachable')
            break
          case 'up':
            store.failure = undefined
            break
          case 'settle':
            await delivery.settled()
        }
        expect(delivery.stats().memory.bytes).toBeLessThanOrEqual(20_000)
      }
      await Promise.all(under)
      await delivery.settled()
      expect(delivery.stats()).toMatchObject({ running: 0 })
    }),
    { numRuns: 100 },
  )
})
