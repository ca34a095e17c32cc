/**
 * A server in miniature, to be measured and killed. Arguments: what to do, where (JSON), and how much.
 * `measure`: uploads `count` bodies of `bytes` at once, and prints how much memory that took at most beyond the start, in bytes.
 * `upload`: stores, overwrites and removes until it is killed, and says what it did and what it is about to remove.
 */
import '../../src/process.ts'
import { createAgents } from '../../src/storage/agents.ts'
import { createStore } from '../../src/storage/create-store.ts'
import { createGuard } from '../../src/storage/guard.ts'
import type { StoreConfig } from '../../src/storage/object-store.ts'
import { noise, ORDER, openRecords, openUploads } from './open.ts'

const [task, where = '', bytes = '0', count = '1'] = process.argv.slice(2)
const { config, dataDir }: { config: StoreConfig; dataDir: string } = JSON.parse(where)
const { files } = await openRecords({ database: 'sqlite', dataDir }, Date.now)
const store = createStore(config, { agents: createAgents(createGuard({ allowPrivate: true })) })
const limits = { uploadBytes: 5_368_709_120, sourceBytes: 268_435_456 }
// Short leases let the next process clean up soon; a busy machine may oversleep them, which then is one more case.
const leases = task === 'measure' ? {} : { leaseMs: 1000, sweepMs: 100 }
const uploads = await openUploads({ files, store, limits, ...leases })
const numbers = Array.from({ length: Number(count) }, (_, n) => n)

if (task === 'measure') {
  // What is loaded with the first upload belongs to the start.
  await uploads.store(ORDER, noise(100_000))
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 10)
  const stored = await Promise.all(numbers.map((n) => uploads.store(ORDER, noise(Number(bytes), n))))
  clearInterval(timer)
  const sizes = stored.map(({ size }) => size)
  process.stdout.write(`${JSON.stringify({ before, grown: most - before, sizes })}\n`)
  process.exit()
}

const paths = [undefined, 'dir/', 'one.bin', 'two.bin']
await Promise.all(
  numbers.map(async (n) => {
    for (let round = 0; ; round++) {
      const path = paths[(n + round) % paths.length]
      const file = await uploads.store({ ...ORDER, path }, noise(Number(bytes), round)).catch(() => undefined)
      if (file === undefined) continue
      process.stdout.write(`stored ${file.handle}\n`)
      if (round % 3 === 1) {
        await uploads.overwrite(file, {}, noise(Number(bytes) / 2, round)).catch(() => undefined)
      }
      if (round % 5 === 2) {
        process.stdout.write(`removing ${file.handle}\n`)
        const removed = await uploads.remove(file).then(
          () => true,
          () => false,
        )
        if (removed) process.stdout.write(`removed ${file.handle}\n`)
      }
    }
  }),
)
