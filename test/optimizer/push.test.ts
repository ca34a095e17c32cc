import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Push } from '../../src/optimizer/optimizer.ts'
import { createPushing } from '../../src/optimizer/push.ts'
import { putOptions } from '../../src/optimizer/put-options.ts'
import { createGuard } from '../../src/storage/guard.ts'
import { createStores, type Stores } from '../../src/storage/stores.ts'
import { connectionOf, directoryOf, projectOf } from '../dialects/pixboost/account.ts'

let dir: string
let stores: Stores
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tintype-push-'))
  stores = createStores({ guard: createGuard({ allowPrivate: true }) })
})
afterAll(async () => {
  await stores?.close()
  await rm(dir, { recursive: true, force: true })
})

const never = new AbortController().signal

function open(push: Partial<Push> & { alias?: string; bucket?: string } = {}) {
  const { alias = 'folder', bucket, key = '', options = {} } = push
  const folder = { provider: 'folder', path: dir, prefix: 'home', buckets: ['allowed'] } as const
  const connections = [
    connectionOf('folder', { ...folder, write: true }),
    connectionOf('sealed', { ...folder, write: false }),
  ]
  const opening = createPushing({
    directory: directoryOf([projectOf('demo', { connections })]),
    storeOf: (connection) => stores.open(connection.id, 1, () => ({ provider: 'folder', path: connection.path ?? '' })),
    once: stores.once,
    log: { warn: () => undefined },
  })
  const target = { kind: 'connection', alias, ...(bucket !== undefined && { bucket }) } as const
  return opening('demo', { kind: 'push', target, key, options }, 'a.jpg', 'image/jpeg')
}

describe('pushing into a connection', () => {
  it('stays below its prefix, and can be taken back', async () => {
    const place = open({ key: 'sub/' })
    expect(await place.put(Buffer.from('picture'), never)).toMatchObject({ kind: 'stored', key: 'home/sub/a.jpg' })
    expect(await readFile(join(dir, 'home/sub/a.jpg'), 'utf8')).toBe('picture')
    await place.undo()
    await expect(readFile(join(dir, 'home/sub/a.jpg'))).rejects.toThrow()
  })

  it.each([
    ['an unknown one', { alias: 'other' }, 'not-found'],
    ['one that is not writable', { alias: 'sealed' }, 'read-only'],
    ['a bucket that it does not reach', { bucket: 'forbidden' }, 'access-denied'],
    ['a key that leaves the prefix', { key: '../a.jpg' }, 'key-invalid'],
    ['a class that the store does not have', { options: { storageClass: 'GLACIER' } }, 'store-refused'],
    ['an ACL that the store does not have', { options: { acl: { value: 'private', asked: true } } }, 'store-refused'],
    ['a header that no object has', { options: { headers: { Host: 'x' } } }, 'bad-parameter'],
  ])('%s is refused before anything is sent', (_, push, code) => {
    expect(() => open(push)).toThrow(expect.objectContaining({ code }))
  })

  it('leaves out an ACL that is only a default', async () => {
    const place = open({ options: { acl: { value: 'public-read', asked: false } } })
    expect(await place.put(Buffer.from('x'), never)).toMatchObject({ withoutAcl: true })
  })
})

describe('headers of an object', () => {
  it('are told to the store by their meaning', () => {
    const headers = {
      'cache-control': 'no-cache',
      'Content-Type': 'image/x-own',
      'CONTENT-DISPOSITION': 'inline',
      'x-amz-meta-A': 'b',
      'X-Amz-Storage-Class': 'GLACIER',
      Expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
    }
    expect(putOptions({ headers, metadata: { c: 'd' }, tags: {} }, 'image/jpeg')).toEqual({
      cacheControl: 'no-cache',
      contentType: 'image/x-own',
      contentDisposition: 'inline',
      storageClass: 'GLACIER',
      expires: new Date('2032-01-01'),
      metadata: { A: 'b', c: 'd' },
    })
  })
})
