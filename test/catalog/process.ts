/** Another process on the same database, for tests: adds keys and says each public key once it is stored, until it is ended. */
import { createCatalog } from '../../src/catalog/catalog.ts'

const [database = '', dataDir = '', count = '1'] = process.argv.slice(2)
const catalog = await createCatalog({ database, dataDir, limits: { keysPerProject: Number.MAX_SAFE_INTEGER } })
for (let made = 0; made < Number(count); made++) {
  const { key, secret } = await catalog.addKey('demo', { label: 'from another process' })
  process.stdout.write(`${key.publicKey} ${secret}\n`)
}
await catalog.close()
