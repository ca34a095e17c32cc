import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createResults } from '../../src/optimizer/results.ts'

let dir: string
let time: number
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tintype-results-'))
  time = 1_000_000
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const open = () => createResults({ dir, keepMs: 3_600_000, now: () => time, sweepEveryMs: 1_000_000 })
const file = { bytes: Buffer.from('bytes'), type: 'image/png', name: 'a.png' }
const ID = 'a'.repeat(32)

it('a result is found until its time is over', async () => {
  const results = await open()
  const { id, expires } = await results.publish(file)
  expect(expires.getTime()).toBe(time + 3_600_000)
  const found = await results.find(id)
  expect(found).toMatchObject({ size: 5, type: 'image/png', name: 'a.png', etag: expect.stringMatching(/^".{43}"$/) })
  expect(await readFile(found?.file ?? '', 'utf8')).toBe('bytes')
  time += 3_600_000
  expect(await results.find(id)).toBeUndefined()
  await results.close()
})

it('results survive a restart; those that are over, half written or strange are removed', async () => {
  const before = await open()
  await before.publish({ ...file, id: ID })
  time += 1_800_000
  await before.publish({ ...file, id: 'b'.repeat(32) })
  await before.close()
  await mkdir(join(dir, 'new-0123'))
  await writeFile(join(dir, 'new-0123', 'bytes'), 'half')
  await mkdir(join(dir, 'c'.repeat(32)))
  await writeFile(join(dir, 'stray'), '')
  time += 1_800_000
  const after = await open()
  expect(await after.find('b'.repeat(32))).toBeDefined()
  await after.close()
  expect(await readdir(dir)).toEqual(['b'.repeat(32)])
})

it('a second result under an id replaces the first', async () => {
  const results = await open()
  await results.publish({ ...file, id: ID })
  await results.publish({ ...file, id: ID, bytes: Buffer.from('newer bytes') })
  expect(await results.find(ID)).toMatchObject({ size: 11 })
  expect(await readdir(dir)).toEqual([ID])
  await results.close()
})

it.each(['', '../../etc/passwd', 'A'.repeat(32), `${ID}/..`])('%j is no id', async (id) => {
  const results = await open()
  expect(await results.find(id)).toBeUndefined()
  await expect(results.publish({ ...file, id })).rejects.toMatchObject({ code: 'bad-parameter' })
  await results.close()
})
