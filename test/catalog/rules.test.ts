import { describe, expect, it } from 'vitest'
import { checkConnection } from '../../src/catalog/inputs.ts'
import {
  isAlias,
  isAllowedHost,
  isBucket,
  isPlainUrl,
  isPrefix,
  isPublicKey,
  parseMasterKey,
  trimPrefix,
} from '../../src/catalog/rules.ts'

const table = (name: string, rule: (text: string) => boolean, good: readonly string[], bad: readonly string[]) =>
  describe(name, () => {
    it.each(good)('may be %j', (text) => expect(rule(text)).toBe(true))
    it.each(bad)('may not be %j', (text) => expect(rule(text)).toBe(false))
  })

table(
  'an alias',
  isAlias,
  ['a', 'Bucket-1', 'a_b', '0', 'x'.repeat(64), 'Warmup'],
  ['', 'warmup', 'a.b', '-a', '_a', 'a/b', 'ä', 'x'.repeat(65), 'a\n'],
)
table(
  'a public key',
  isPublicKey,
  ['MTg4MjMxMzM3MA__', 'public_demo', 'AhTgLagciQByzXpFGRI0Az', 'public_a+b=', 'x'.repeat(128)],
  ['', 'img', 'api', 'v1', '1.0', 'console', 'a/b', 'a b', 'a?b', '.', '..', '%41', 'x'.repeat(129)],
)
table(
  'a bucket',
  isBucket,
  ['abc', 'pixboost-test-source', 'my.bucket.1', 'x'.repeat(63)],
  ['', 'ab', 'Abc', '-abc', 'abc-', 'a..b', '192.168.1.1', 'a_b', 'x'.repeat(64)],
)
table(
  'an allowed host',
  isAllowedHost,
  ['i.example.com', '.example.org', 'I.Example.com', 'localhost', 'localhost:8080', '127.0.0.1', '[::1]:80', 'a_b.c'],
  [
    '',
    '.',
    'http://a',
    'a/b',
    'a..b',
    '*.a.org',
    'a:99999',
    'a:',
    '-a.org',
    'user@a.org',
    'a b',
    `${'a'.repeat(300)}.org`,
  ],
)
table(
  'the URL of a store',
  isPlainUrl,
  ['http://h', 'https://h:8443/a/b/', 'http://127.0.0.1:7070'],
  ['', 'h', '//h', 'ftp://h', 'http://h?a', 'http://h/?', 'http://h/#x', 'http://u:p@h', 'http://', 'http://h/a b'],
)
table(
  'a prefix',
  isPrefix,
  ['', '/', 'a/b', '/a/b/', 'a..b', 'ä'],
  ['..', 'a/../b', './a', 'a/.', 'a\0b', 'x'.repeat(1025)],
)

describe('a prefix in its one spelling', () => {
  it.each([
    ['/', ''],
    ['', ''],
    ['/a/b/', 'a/b'],
    ['a/b', 'a/b'],
    ['//a//', 'a'],
  ])('%j is %j', (written, meant) => expect(trimPrefix(written)).toBe(meant))
})

describe('a master key', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7))
  it.each([
    ['hex', bytes.toString('hex')],
    ['upper-case hex', bytes.toString('hex').toUpperCase()],
    ['Base64', bytes.toString('base64')],
    ['Base64 without padding', bytes.toString('base64').replace('=', '')],
    ['URL-safe Base64', bytes.toString('base64url')],
  ])('may be written in %s', (_, text) => expect(parseMasterKey(text)).toEqual(bytes))
  it.each([
    '',
    'secret',
    bytes.toString('hex').slice(1),
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
  ])('may not be %j', (text) => expect(parseMasterKey(text)).toBeUndefined())
})

describe('a connection that is handed in', () => {
  const s3 = { alias: 'a', provider: 's3', accessKeyId: 'AKIA', secretAccessKey: 'secret' } as const
  it.each([
    ['alias', { ...s3, alias: 'a.b' }],
    ['bucket', { ...s3, bucket: 'UPPER' }],
    ['bucket', { ...s3, buckets: ['UPPER'] }],
    ['region', { ...s3, region: 'us east' }],
    ['endpoint', { ...s3, endpoint: 'ftp://h' }],
    ['prefix', { ...s3, prefix: '../other' }],
    ['secretAccessKey', { ...s3, secretAccessKey: undefined }],
    ['accessKeyId', { ...s3, accessKeyId: 'A K' }],
    ['path', { ...s3, path: '/etc' }],
    ['path', { alias: 'a', provider: 'folder' } as const],
    ['baseUrl', { alias: 'a', provider: 'web' } as const],
    ['write', { alias: 'a', provider: 'web', baseUrl: 'http://h', write: true } as const],
    ['accountName', { alias: 'a', provider: 'azure', accountKey: 'YQ==' } as const],
    [
      'container',
      { alias: 'a', provider: 'azure', accountName: 'acc', accountKey: 'YQ==', container: 'UPPER' } as const,
    ],
    ['publicBaseUrl', { ...s3, publicBaseUrl: 'cdn.example.com' }],
  ])('names the field %s that is wrong', (field, input) => {
    expect(() => checkConnection(input, true)).toThrow(
      expect.objectContaining({ code: 'bad-parameter', context: { field } }),
    )
  })
})
