import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createUsage } from '../../src/optimizer/usage.ts'

let dir: string
let time: number
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tintype-usage-'))
  time = Date.UTC(2030, 0, 31, 23, 59)
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const open = () =>
  createUsage({ file: join(dir, 'usage.json'), now: () => time, log: { warn: () => undefined }, gatherMs: 60_000 })

it('counts per account, over a restart', async () => {
  const before = await open()
  before.add('kraken/a', 10)
  before.add('kraken/a', 5)
  before.add('kraken/__proto__', 1)
  await before.close()
  const after = await open()
  expect(after.used('kraken/a')).toEqual({ requests: 2, bytes: 15 })
  expect(after.used('kraken/b')).toEqual({ requests: 0, bytes: 0 })
})

it('begins anew each month', async () => {
  const usage = await open()
  usage.add('a', 10)
  time = Date.UTC(2030, 1, 1)
  expect(usage.used('a')).toEqual({ requests: 0, bytes: 0 })
  await usage.close()
})

it.each(['', 'no JSON', '[]', '{"month":"2030-01","accounts":{"a":{"bytes":"many"}}}'])(
  'a file of %j counts nothing',
  async (text) => {
    await writeFile(join(dir, 'usage.json'), text)
    expect((await open()).used('a')).toEqual({ requests: 0, bytes: 0 })
  },
)

it('what an earlier process had half written is removed', async () => {
  await writeFile(join(dir, 'usage.json.new'), '{"month":')
  await open()
  expect(await readdir(dir)).toEqual([])
})
