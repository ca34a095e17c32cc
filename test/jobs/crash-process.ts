/** A server in miniature, to be killed: accepts jobs, does them and announces each. Says `accepted n` when job n is kept. */
import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmbeddedJobs } from '../../src/catalog/jobs.ts'
import { createVault } from '../../src/catalog/vault.ts'
import { createJobs } from '../../src/jobs/create-jobs.ts'
import { createPgBossJobs } from '../../src/jobs/pg-boss-store.ts'
import { announce, WEBHOOK, webhookKind } from '../../src/jobs/webhook.ts'
import { createGuard } from '../../src/storage/guard.ts'
import { createStores } from '../../src/storage/stores.ts'
import { idOf } from './crash-ids.ts'

const [engine, where = '', folder = '', receiver = '', first = '0', count = '0'] = process.argv.slice(2)
const log = { warn: () => undefined, error: (...line: unknown[]) => process.stderr.write(`${JSON.stringify(line)}\n`) }
const stores = createStores({ guard: createGuard({ allowPrivate: true }) })

const jobs = await createJobs({
  store: engine === 'sqlite' ? createEmbeddedJobs({ dataDir: where }) : createPgBossJobs({ database: where, log }),
  sealing: createVault([Buffer.alloc(32)]),
  log,
  pollMs: 50,
  sweepMs: 100,
  kinds: {
    [WEBHOOK]: webhookKind({ post: stores.post, workers: 4, queueLength: 10, delays: [0.05] }),
    work: {
      workers: 4,
      queueLength: Number(count),
      async handler(n, _signal, job) {
        const temporary = join(folder, `${job.id}.tmp`)
        await writeFile(temporary, 'half done')
        await appendFile(join(folder, 'ran'), `${n}\n`)
        const webhook = {
          url: `${receiver}/${n}`,
          headers: {},
          body: Buffer.from(`done ${process.pid}`),
          timeoutSeconds: 10,
        }
        await announce(job, webhook, 10)
        await rm(temporary)
      },
    },
  },
})
jobs.start()
process.on('SIGTERM', async () => {
  await jobs.close()
  await stores.close()
  process.exit()
})
// Keeps the process alive when nothing else does.
setInterval(() => undefined, 60_000)

for (let n = Number(first); n < Number(count); n++) {
  await jobs.add('work', n, { id: idOf(n), secret: { n } })
  process.stdout.write(`accepted ${n}\n`)
}
