import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Spool } from '../../src/optimizer/optimizer.ts'
import { createSpool } from '../../src/optimizer/spool.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tintype-spool-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const open = () => createSpool({ dir })
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

const JOBS = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const

it('what was accepted outlives a restart, what was not is removed', async () => {
  const first = await open()
  const { id } = await first.receive(body('kept'), 10)
  await first.receive(body('not accepted'), 100)
  const kept = await first.accept(id, JOBS[0])
  const second = await open()
  expect(String(await second.read(kept))).toBe('kept')
  expect(await files()).toEqual([[], [kept]])
  await second.remove(kept)
  expect(await files()).toEqual([[], []])
})

it('of what an earlier process accepted only that stays which a job needs', async () => {
  const accept = async (spool: Spool, job: string) => spool.accept((await spool.receive(body('x'), 1)).id, job)
  const first = await open()
  const kept = await accept(first, JOBS[0])
  await accept(first, JOBS[1])
  const second = await open()
  const own = await accept(second, '33333333-3333-4333-8333-333333333333')
  const asked: string[] = []
  const isNeeded = async (job: string) => {
    asked.push(job)
    return job === JOBS[0]
  }
  await second.tidy(isNeeded)
  expect(asked.sort()).toEqual(JOBS)
  expect(await files()).toEqual([[], [kept, own].sort()])
})

it.each(['', '..', '../results'])('%j names no upload', async (id) => {
  const spool = await open()
  await expect(spool.read(id)).rejects.toMatchObject({ code: 'bad-parameter' })
  await expect(spool.accept(id, JOBS[0])).rejects.toMatchObject({ code: 'bad-parameter' })
  await expect(spool.accept('0'.repeat(32), id)).rejects.toMatchObject({ code: 'bad-parameter' })
})
