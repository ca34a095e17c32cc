import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAgents } from '../../src/storage/agents.ts'
import { bucketPolicy, type Finding, testConnection } from '../../src/storage/connection-test.ts'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import { createGuard } from '../../src/storage/guard.ts'
import { createWebStore } from '../../src/storage/web/store.ts'
import { noS3Server } from '../support/versitygw.ts'
import { startWebOrigin } from '../support/web-origin.ts'
import { type S3Subject, startS3 } from './s3/subject.ts'

const summary = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ permission, result }) => [permission, result]))

describe.skipIf(noS3Server())('testing a connection to a bucket', () => {
  let s3: S3Subject
  beforeAll(async () => {
    s3 = await startS3()
  })
  beforeEach(() => s3.proxy.reset())
  afterAll(() => s3?.stop())

  const deny = (method: string, path: RegExp) =>
    s3.proxy.rule({ effect: { kind: 'error', status: 403, code: 'AccessDenied' }, method, path })
  const list = () => deny('GET', /list-type/)
  const get = () => deny('GET', /GetObject/)
  const put = () => deny('PUT', /./)
  const remove = () => deny('DELETE', /./)
  const all = { prefix: 'some/where', read: true, write: true }

  it.each<[string, (() => unknown)[], { read: boolean; write: boolean }, object]>([
    ['everything granted', [], all, { list: 'granted', get: 'granted', put: 'granted', delete: 'granted' }],
    ['reading only', [], { read: true, write: false }, { list: 'granted', get: 'granted' }],
    ['no listing', [list], all, { list: 'missing', get: 'granted', put: 'granted', delete: 'granted' }],
    ['no reading', [get], all, { list: 'granted', get: 'missing', put: 'granted', delete: 'granted' }],
    ['no writing', [put], all, { list: 'granted', get: 'granted', put: 'missing' }],
    ['no deleting', [remove], all, { list: 'granted', get: 'granted', put: 'granted', delete: 'missing' }],
    ['read only, no reading', [get], { read: true, write: false }, { list: 'granted', get: 'missing' }],
    [
      'read only, neither listing nor reading',
      [list, get],
      { read: true, write: false },
      { list: 'missing', get: 'unknown' },
    ],
  ])('says exactly which permission is missing: %s', async (_, rules, use, expected) => {
    for (const rule of rules) rule()
    const findings = await testConnection(s3.store(), { prefix: 'some/where', ...use })
    expect(summary(findings)).toEqual(expected)
    for (const { result, s3: name, message } of findings) if (result === 'missing') expect(message).toContain(name)
  })

  it('reads an object that is there, when it finds one', async () => {
    await s3.server.put(s3.bucket, 'there/a.txt', 'x')
    list()
    get()
    expect(summary(await testConnection(s3.store(), { prefix: 'there', read: true, write: false })).get).toBe('unknown')
    s3.proxy.reset()
    get()
    expect(summary(await testConnection(s3.store(), { prefix: 'there', read: true, write: false })).get).toBe('missing')
    expect(s3.proxy.requests.some(({ target }) => target.includes('there/a.txt'))).toBe(true)
  })

  it('leaves nothing behind, and writes below the prefix only', async () => {
    await testConnection(s3.store(), { ...all, prefix: 'clean' })
    const written = s3.proxy.requests.filter(({ method }) => method === 'PUT' || method === 'DELETE')
    expect(written).toHaveLength(2)
    for (const { target } of written) expect(target.startsWith(`/${s3.bucket}/clean/tintype-probe-`)).toBe(true)
    expect((await s3.store().list('clean/')).entries).toEqual([])
  })

  it('stops at once when the store itself is wrong', async () => {
    const findings = await testConnection(s3.store({ secretAccessKey: 'wrong' }), all)
    expect(findings).toMatchObject([{ permission: 'list', result: 'failed', fault: 'store-misconfigured' }])
    expect(await testConnection(s3.store(), { ...all, bucket: 'no-such-bucket' })).toMatchObject([
      { result: 'failed', fault: 'store-misconfigured', message: expect.stringContaining('NoSuchBucket') },
    ])
  })
})

describe('testing other connections', () => {
  it('a folder', async () => {
    const root = await mkdtemp(path.join(os.tmpdir(), 'tintype-test-'))
    const store = createFolderStore({ provider: 'folder', path: root })
    const findings = await testConnection(store, { prefix: '', read: true, write: true })
    expect(summary(findings)).toEqual({ list: 'granted', get: 'granted', put: 'granted', delete: 'granted' })
    expect(await readdir(root)).toEqual([])
    await rm(root, { recursive: true })
    expect(await testConnection(store, { prefix: '', read: true, write: true })).toMatchObject([{ result: 'failed' }])
  })

  it('a web server', async () => {
    const origin = await startWebOrigin()
    const agents = createAgents(createGuard({ allowPrivate: true }))
    const store = createWebStore({ provider: 'web', guarded: false, baseUrl: origin.url }, agents)
    const use = { prefix: '', read: true, write: false }
    expect(summary(await testConnection(store, use))).toEqual({ list: 'not-offered', get: 'granted' })
    origin.answer('*', { status: 403 })
    expect(summary(await testConnection(store, use))).toEqual({ list: 'not-offered', get: 'unknown' })
    origin.answer('*', { status: 500 })
    expect(summary(await testConnection(store, use))).toEqual({ list: 'not-offered', get: 'failed' })
    await agents.close()
    await origin.stop()
  })
})

describe('the policy of a bucket grants', () => {
  it('reading: the objects below the prefix, and listing without a condition', () => {
    expect(
      bucketPolicy({ bucket: 'pixboost-test-source', prefix: '/prefix/another-prefix/', read: true, write: false }),
    ).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'TintypeBucket',
          Effect: 'Allow',
          Action: ['s3:ListBucket'],
          Resource: 'arn:aws:s3:::pixboost-test-source',
        },
        {
          Sid: 'TintypeObjects',
          Effect: 'Allow',
          Action: ['s3:GetObject'],
          Resource: 'arn:aws:s3:::pixboost-test-source/prefix/another-prefix/*',
        },
      ],
    })
  })

  it('writing too, with everything that a write may need', () => {
    const { Statement } = bucketPolicy({ bucket: 'b', prefix: '', read: true, write: true })
    expect(Statement[1]).toMatchObject({
      Action: ['s3:GetObject', 's3:PutObject', 's3:PutObjectAcl', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      Resource: 'arn:aws:s3:::b/*',
    })
  })

  it('nothing beside the prefix, also when it has characters that policies take for wildcards', () => {
    const { Statement } = bucketPolicy({ bucket: 'b', prefix: 'a*/$b?', read: true, write: false })
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the escapes of IAM look like templates
    expect(Statement[1]?.Resource).toBe('arn:aws:s3:::b/a${*}/${$}b${?}/*')
  })
})
