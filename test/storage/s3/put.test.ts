import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectStore, PutOptions } from '../../../src/storage/object-store.ts'
import type { Effect } from '../../support/s3-proxy.ts'
import { noS3Server } from '../../support/versitygw.ts'
import { type S3Subject, startS3 } from './subject.ts'

const MB = 1024 * 1024

describe.skipIf(noS3Server())('writing into a bucket', () => {
  let s3: S3Subject
  let store: ObjectStore
  beforeAll(async () => {
    s3 = await startS3()
  })
  beforeEach(() => {
    s3.proxy.reset()
    store = s3.store()
  })
  afterAll(() => s3?.stop())

  const always = (effect: Effect) => s3.proxy.rule({ effect })

  describe('bodies', () => {
    it('of unfinished uploads leave no parts behind', async () => {
      s3.proxy.rule({ effect: { kind: 'error', status: 403, code: 'AccessDenied' }, path: /partNumber=2/ })
      await expect(store.put({ key: 'half' }, parts(20))).rejects.toMatchObject({ code: 'access-denied' })
      expect(await s3.server.exists(s3.bucket, 'half')).toBe(false)
      expect(s3.proxy.requests.at(-1)).toMatchObject({ method: 'DELETE', status: 204 })
    })

    it('above 16 MB go in parts, others in one piece', async () => {
      await store.put({ key: 'one' }, Buffer.alloc(16 * MB))
      expect(s3.proxy.requests.map(({ method }) => method)).toEqual(['PUT'])
      s3.proxy.reset()
      await store.put({ key: 'many' }, Buffer.alloc(16 * MB + 1))
      expect(s3.proxy.requests.filter(({ target }) => /partNumber/.test(target))).toHaveLength(3)
    })

    it('carry no checksums that other stores choke on', async () => {
      await store.put({ key: 'plain' }, Buffer.from('x'))
      for (const name of Object.keys(s3.proxy.requests[0]?.headers ?? {})) expect(name).not.toMatch(/checksum|trailer/)
      expect(s3.proxy.requests[0]?.headers).not.toHaveProperty('expect')
    })
  })

  describe('options of a write', () => {
    const full: PutOptions = {
      contentType: 'image/png',
      contentEncoding: 'gzip',
      contentDisposition: 'attachment; filename="a.png"',
      cacheControl: 'max-age=60',
      expires: new Date('2030-01-02T03:04:05Z'),
      acl: 'public-read',
      storageClass: 'STANDARD_IA',
      metadata: { Author: 'Jürgen', plain: 'text', odd: '  blanks  ' },
      tags: { colour: 'deep blue', 'ä=': 'ö+' },
    }

    it.each([
      ['in one request', Buffer.from('x')],
      ['in parts', Buffer.alloc(17 * MB)],
    ])('arrive, %s', async (_, body) => {
      await store.put({ key: 'full' }, body, full)
      const sent = s3.proxy.requests.find(({ method, target }) => target.includes('uploads') || method === 'PUT')
      expect(sent?.headers).toMatchObject({
        'content-type': 'image/png',
        'content-encoding': 'gzip',
        'content-disposition': 'attachment; filename="a.png"',
        'cache-control': 'max-age=60',
        expires: 'Wed, 02 Jan 2030 03:04:05 GMT',
        'x-amz-acl': 'public-read',
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-meta-author': '=?UTF-8?B?SsO8cmdlbg==?=',
        'x-amz-meta-plain': 'text',
        'x-amz-tagging': 'colour=deep%20blue&%C3%A4%3D=%C3%B6%2B',
      })
      const head = await store.head({ key: 'full' })
      expect(head).toMatchObject({ contentType: 'image/png', contentEncoding: 'gzip' })
      expect(head.metadata).toEqual({ author: 'Jürgen', plain: 'text', odd: '  blanks  ' })
    })

    it.each<[string, PutOptions, Effect, Record<string, string>]>([
      [
        'an ACL on a bucket without ACLs',
        { acl: 'public-read' },
        { kind: 'acl-not-supported' },
        { reason: 'acl-disabled', option: 'acl' },
      ],
      [
        'an ACL on a store without ACLs',
        { acl: 'public-read' },
        { kind: 'not-implemented' },
        { reason: 'not-implemented', option: 'acl' },
      ],
      [
        'one of several, named by the store',
        { acl: 'private', tags: { a: 'b' }, storageClass: 'X' },
        { kind: 'not-implemented', header: 'x-amz-storage-class' },
        { reason: 'not-implemented', option: 'storageClass' },
      ],
      [
        'a storage class',
        { storageClass: 'NOPE' },
        { kind: 'error', status: 400, code: 'InvalidStorageClass' },
        { reason: 'InvalidStorageClass', option: 'storageClass' },
      ],
    ])('are refused by name: %s', async (_, options, effect, context) => {
      always(effect)
      await expect(store.put({ key: 'a' }, Buffer.from('x'), options)).rejects.toMatchObject({
        code: 'store-refused',
        context,
      })
    })

    it('without a name when the store does not say which of several', async () => {
      always({ kind: 'not-implemented' })
      const put = store.put({ key: 'a' }, Buffer.from('x'), { acl: 'private', tags: { a: 'b' } })
      await expect(put).rejects.toMatchObject({
        code: 'store-refused',
        context: { reason: 'not-implemented', option: undefined },
      })
    })

    it.each<[string, PutOptions]>([
      ['a line break in a type', { contentType: 'image/png\r\nx-amz-acl: public-read' }],
      ['a file name beyond ASCII', { contentDisposition: 'attachment; filename="漢.png"' }],
      ['a metadata name with a blank', { metadata: { 'a b': 'c' } }],
      ['a metadata value with a line break', { metadata: { a: 'b\nc' } }],
      ['too much metadata', { metadata: { a: 'b'.repeat(2048) } }],
      ['eleven tags', { tags: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`t${n}`, ''])) }],
      ['no date', { expires: new Date('never') }],
    ])('are refused before anything is sent: %s', async (_, options) => {
      await expect(store.put({ key: 'a' }, Buffer.from('x'), options)).rejects.toMatchObject({ code: 'bad-parameter' })
      expect(s3.proxy.requests).toEqual([])
    })
  })
})

async function* parts(megabytes: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < megabytes; sent++) yield Buffer.alloc(MB, sent)
}
