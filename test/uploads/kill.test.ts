/** Objects and records agree after kill -9, whatever was under way. More often with TINTYPE_UPLOADS_FULL=1. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import type { ObjectStore, StoreConfig } from '../../src/storage/object-store.ts'
import { type S3Subject, startS3 } from '../storage/s3/subject.ts'
import { noS3Server } from '../support/versitygw.ts'
import { agreement } from './agreement.ts'
import { createHouse, openRecords, openUploads } from './house.ts'

const FULL = process.env.TINTYPE_UPLOADS_FULL === '1'
const KILLS = FULL ? 12 : 3
const BYTES = FULL ? 3_000_000 : 200_000
const TIMEOUT = FULL ? 600_000 : 120_000
const PATIENCE = { timeout: TIMEOUT, interval: 100 }
const house = createHouse()

type Said = { readonly stored: Set<string>; readonly removing: Set<string>; readonly removed: Set<string> }

function start(
  config: StoreConfig,
  dataDir: string,
  said: Said,
): { child: ChildProcess; stored(count: number): Promise<void> } {
  const script = fileURLToPath(new URL('./upload-process.ts', import.meta.url))
  const args = [script, 'upload', JSON.stringify({ config, dataDir }), String(BYTES), '6']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const waiting: { readonly count: number; resolve(): void }[] = []
  createInterface(child.stdout).on('line', (line) => {
    const [deed = '', handle = ''] = line.split(' ')
    if (deed === 'stored' || deed === 'removing' || deed === 'removed') said[deed].add(handle)
    for (const { count, resolve } of waiting) if (said.stored.size >= count) resolve()
  })
  return {
    child,
    stored(count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ count, resolve })
      return promise
    },
  }
}

async function killed(config: StoreConfig, store: ObjectStore): Promise<void> {
  const dataDir = await house.folder()
  const said: Said = { stored: new Set(), removing: new Set(), removed: new Set() }
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, stored } = start(config, dataDir, said)
    await stored(said.stored.size + 7 + 5 * kill)
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
  }
  const records = await openRecords({ database: 'sqlite', dataDir }, Date.now)
  const uploads = await openUploads({ files: records.files, store, leaseMs: 1000, sweepMs: 100 })
  try {
    const unsettled = async () => (await records.rows()).filter(({ state }) => state !== 'stored').length
    await expect.poll(unsettled, PATIENCE).toBe(0)
    const { problems, handles } = await agreement(store, records, '')
    expect(problems).toEqual([])
    for (const handle of said.stored) if (!said.removing.has(handle)) expect(handles).toContain(handle)
    for (const handle of said.removed) expect(handles).not.toContain(handle)
  } finally {
    await uploads.close()
    await records.close()
  }
}

describe('kill -9 in the middle of uploads', () => {
  it('on a folder', { timeout: TIMEOUT }, async () => {
    const path = join(await house.folder(), 'store')
    await mkdir(path)
    const config = { provider: 'folder' as const, path }
    await killed(config, createFolderStore(config))
  })

  describe.skipIf(noS3Server())('on S3', () => {
    let s3: S3Subject
    beforeAll(async () => {
      s3 = await startS3()
    })
    afterAll(() => s3.stop())

    it('on a bucket', { timeout: TIMEOUT }, async () => {
      const { endpoint, region, accessKeyId, secretAccessKey } = s3.server
      const { bucket } = s3
      await killed(
        { provider: 's3', bucket, endpoint, region, accessKeyId, secretAccessKey, guarded: false },
        s3.store(),
      )
    })
  })
})
