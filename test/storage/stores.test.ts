import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAll } from '../../src/storage/body.ts'
import { createGuard } from '../../src/storage/guard.ts'
import type { StoreConfig } from '../../src/storage/object-store.ts'
import { createStores, type Stores } from '../../src/storage/stores.ts'
import { startWebOrigin } from '../support/web-origin.ts'

describe('the open stores', () => {
  let root: string
  let stores: Stores
  let opened: number
  const config = (): StoreConfig => {
    opened++
    return { provider: 'folder', path: root }
  }
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'tintype-stores-'))
    stores = createStores({ guard: createGuard({ allowPrivate: true }) })
    opened = 0
  })
  afterEach(async () => {
    await stores.close()
    await rm(root, { recursive: true, force: true })
  })

  it('are opened once per connection and revision', () => {
    const first = stores.open('a', 1, config)
    expect(stores.open('a', 1, config)).toBe(first)
    expect(stores.open('b', 1, config)).not.toBe(first)
    expect(stores.open('a', 2, config)).not.toBe(first)
    expect(opened).toBe(3)
  })

  it('keep the newest revision when an older one is asked for late', () => {
    const newest = stores.open('a', 2, config)
    expect(stores.open('a', 1, config)).not.toBe(newest)
    expect(stores.open('a', 2, config)).toBe(newest)
  })

  it('let a reader of a replaced revision finish', async () => {
    const old = stores.open('a', 1, config)
    await old.put({ key: 'x' }, Buffer.alloc(1_000_000, 1))
    const answer = await old.get({ key: 'x' })
    stores.open('a', 2, config)
    expect(answer.kind === 'object' && (await readAll(answer.body)).byteLength).toBe(1_000_000)
  })

  it('are opened anew after they were forgotten', async () => {
    const first = stores.open('a', 1, config)
    await stores.forget('a')
    expect(stores.open('a', 1, config)).not.toBe(first)
  })

  it('serve plain URLs without being kept, and reach nothing once closed', async () => {
    const origin = await startWebOrigin()
    origin.answer('/a', { body: 'x' })
    const store = stores.once({ provider: 'web', guarded: true, hosts: ['127.0.0.1'] })
    const answer = await store.get({ key: `${origin.url}/a` })
    expect(answer.kind === 'object' && (await readAll(answer.body)).toString()).toBe('x')
    await stores.close()
    await expect(store.get({ key: `${origin.url}/a` })).rejects.toMatchObject({ code: 'source-unreachable' })
    await origin.stop()
  })
})
