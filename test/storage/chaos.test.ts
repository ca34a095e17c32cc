import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { readAll } from '../../src/storage/body.ts'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import { type ChaosStore, withChaos } from '../support/chaos.ts'

describe('a store made unreliable', () => {
  let root: string
  let store: ChaosStore
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'tintype-chaos-'))
    store = withChaos(createFolderStore({ provider: 'folder', path: root }))
    await store.put({ key: 'a' }, Buffer.alloc(1000, 1))
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const bytes = async () => {
    const answer = await store.get({ key: 'a' })
    return answer.kind === 'object' ? (await readAll(answer.body)).byteLength : 0
  }

  it('does nothing until it is told to', async () => {
    expect(await bytes()).toBe(1000)
    expect(store.calls).toEqual(['put', 'get'])
  })

  it('breaks bodies off', async () => {
    store.chaos.truncateAfter = 500
    await expect(bytes()).rejects.toMatchObject({ code: 'source-unreachable' })
  })

  it('fails as told, also only some calls', async () => {
    store.chaos.fail = (method, call) => (method === 'head' && call === 2 ? new Fault('overloaded') : undefined)
    await expect(store.head({ key: 'a' })).rejects.toMatchObject({ code: 'overloaded' })
    expect((await store.head({ key: 'a' })).size).toBe(1000)
  })

  it('is slow, but not for a caller who leaves', async () => {
    store.chaos.slowness = 60_000
    await expect(store.get({ key: 'a' }, { signal: AbortSignal.timeout(20) })).rejects.toThrow()
  })
})
