import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSpool } from '../../src/optimizer/spool.ts'

let dir: string
let time: number
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tintype-spool-'))
  time = Date.now()
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const open = () => createSpool({ dir, now: () => time })
const body = (...pieces: string[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)))
const files = async () => [await readdir(join(dir, 'incoming')), await readdir(join(dir, 'accepted'))]

it('an upload can be read until it is removed', async () => {
  const spool = await open()
  const { id, bytes } = await spool.receive(body('ab', 'c'), 3)
  expect([bytes, String(await spool.read(id))]).toEqual([3, 'abc'])
  await spool.remove(id)
  await spool.remove(id)
  await expect(spool.read(id)).rejects.toMatchObject({ code: 'object-missing' })
  expect(await files()).toEqual([[], []])
})

it('one that is too large leaves nothing', async () => {
  const spool = await open()
  await expect(spool.receive(body('ab', 'cd'), 3)).rejects.toMatchObject({ code: 'too-large' })
  expect(await files()).toEqual([[], []])
})

it('one that breaks off leaves nothing', async () => {
  const spool = await open()
  const broken = (async function* () {
    yield Buffer.from('ab')
    throw new Error('gone')
  })()
  await expect(spool.receive(broken, 10)).rejects.toThrow('gone')
  expect(await files()).toEqual([[], []])
})

it('what was accepted outlives a restart, what was not is removed, what was forgotten too', async () => {
  const first = await open()
  const kept = await first.receive(body('kept'), 10)
  await first.receive(body('not accepted'), 100)
  await first.accept(kept.id)
  const second = await open()
  expect(String(await second.read(kept.id))).toBe('kept')
  expect(await files()).toEqual([[], [kept.id]])
  time += 49 * 3_600_000
  await open()
  expect(await files()).toEqual([[], []])
})

it.each(['', '..', '../results'])('%j names no upload', async (id) => {
  const spool = await open()
  await expect(spool.read(id)).rejects.toMatchObject({ code: 'bad-parameter' })
  await expect(spool.accept(id)).rejects.toMatchObject({ code: 'bad-parameter' })
})
