import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createFolderStore } from '../../../src/storage/folder/store.ts'
import { storeContract } from '../contract.ts'

storeContract('folder', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'tintype-folder-'))
  await mkdir(path.join(root, 'main'))
  await mkdir(path.join(root, 'main', 'other'))
  return {
    store: createFolderStore({ provider: 'folder', path: path.join(root, 'main') }),
    otherBucket: 'other',
    stop: () => rm(root, { recursive: true, force: true }),
  }
})
