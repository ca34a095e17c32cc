import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/catalog/model.ts'
import { examine } from '../../src/cli/examine.ts'
import { bucketPolicy } from '../../src/cli/policy.ts'
import { Fault, type FaultCode } from '../../src/faults.ts'
import { type Method, withChaos } from '../support/chaos.ts'
import { createMemoryStore } from '../support/memory-store.ts'

const bucket: Connection = {
  id: '1',
  revision: 1,
  alias: 'bucket',
  name: '',
  provider: 's3',
  read: true,
  write: true,
  prefix: 'prefix/another-prefix',
  bucket: 'my-pictures',
  buckets: [],
  encodeKeys: false,
  operator: true,
  declared: false,
}

/** What is found when the store refuses some methods. */
async function found(refused: Partial<Record<Method, FaultCode>>, connection: Connection = bucket) {
  const fail = (method: Method) => {
    const code = refused[method]
    return code === undefined ? undefined : new Fault(code)
  }
  const findings = await examine(withChaos(createMemoryStore(), { fail }), connection)
  return findings.map(({ what, result, permission }) =>
    [what, result, ...(permission === undefined ? [] : [permission])].join(' '),
  )
}

describe('the examination of a bucket', () => {
  it('finds nothing wrong when everything is permitted', async () => {
    expect(await found({})).toEqual(['list ok', 'read ok', 'write ok', 'delete ok'])
  })

  it('writes nothing on a connection that may only read', async () => {
    expect(await found({}, { ...bucket, write: false })).toEqual(['list ok', 'read ok'])
  })

  it.each<[Method, FaultCode, string]>([
    ['get', 'access-denied', 'read refused s3:GetObject'],
    ['put', 'access-denied', 'write refused s3:PutObject'],
    ['put', 'store-refused', 'write refused s3:PutObject'],
    ['delete', 'access-denied', 'delete refused s3:DeleteObject'],
    ['list', 'access-denied', 'list refused s3:ListBucket'],
  ])('names the permission when %s answers %s', async (method, code, finding) => {
    expect(await found({ [method]: code })).toContain(finding)
  })

  it('does not guess: without listing, a refused missing object may be permitted or not (pixboost §12)', async () => {
    expect(await found({ list: 'access-denied', get: 'access-denied' })).toContain('read unknown s3:GetObject')
  })

  it('knows more when it is told of an object that exists', async () => {
    const store = createMemoryStore()
    await store.put({ bucket: 'my-pictures', key: 'prefix/another-prefix/a.jpg' }, Buffer.from('a'))
    const trial = (refused: Method[], object: string) =>
      examine(
        withChaos(store, { fail: (method) => (refused.includes(method) ? new Fault('access-denied') : undefined) }),
        { ...bucket, write: false },
        { object },
      )
    const read = async (refused: Method[], object = 'a.jpg') => (await trial(refused, object)).at(-1)
    expect(await read(['list'])).toMatchObject({ what: 'read', result: 'ok' })
    expect(await read(['list', 'get'])).toMatchObject({ result: 'refused', permission: 's3:GetObject' })
    expect(await read([], 'b.jpg')).toMatchObject({ result: 'failed', detail: 'there is no object b.jpg' })
  })

  it.each([
    ['NoSuchBucket', 'the bucket does not exist'],
    ['SignatureDoesNotMatch', 'the secret access key is not that of this access key id'],
    ['SomethingNew', 'the store refuses the credentials, the region or the bucket (SomethingNew)'],
  ])('says what %s means', async (reason, detail) => {
    const fail = () => new Fault('store-misconfigured', undefined, { context: { reason } })
    expect(await examine(withChaos(createMemoryStore(), { fail }), bucket)).toEqual([
      { what: 'reach', result: 'failed', detail },
    ])
  })

  it('stops at a store that cannot be used at all', async () => {
    expect(await found({ list: 'store-misconfigured' })).toEqual(['reach failed'])
    expect(await found({ list: 'source-unreachable' })).toEqual(['reach failed'])
  })

  it('needs a bucket to try', async () => {
    const { bucket: _, ...without } = bucket
    expect(await found({}, without)).toEqual(['reach unknown'])
  })
})

describe('the bucket policy', () => {
  it('grants what pixboost §12 asks for, below the prefix', () => {
    const { Statement } = bucketPolicy({
      bucket: 'my-pictures',
      prefix: 'a/b',
      write: false,
      principal: 'arn:aws:iam::1:user/u',
    })
    expect(Statement).toEqual([
      expect.objectContaining({ Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::my-pictures/a/b/*' }),
      expect.objectContaining({
        Action: ['s3:ListBucket'],
        Resource: 'arn:aws:s3:::my-pictures',
        Condition: { StringLike: { 's3:prefix': ['a/b/*'] } },
      }),
    ])
  })

  it('grants writing only to a connection that writes, and the whole bucket without a prefix', () => {
    const { Statement } = bucketPolicy({ bucket: 'b', prefix: '', write: true })
    expect(Statement[0]).toMatchObject({
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      Resource: 'arn:aws:s3:::b/*',
    })
    expect(Statement[1]).not.toHaveProperty('Condition')
  })
})
