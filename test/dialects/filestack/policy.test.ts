import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAuthority } from '../../../src/dialects/filestack/authority.ts'
import { PolicyRefusal, readPolicy, signPolicy, verifiedPolicy } from '../../../src/dialects/filestack/policy.ts'
import { keyOf, projectOf } from '../pixboost/account.ts'
import { KEY, type PolicyMembers, SECRET, sign } from './house.ts'

/** The reason of a refusal. */
function reasonOf(work: () => unknown) {
  try {
    work()
  } catch (error) {
    if (error instanceof PolicyRefusal) return error.reason
    throw error
  }
  return undefined
}

describe('signatures', () => {
  // filestack §2.1
  test.each([
    [
      '{"expiry":4102444800,"call":["read","convert"],"handle":"Zk9mVq2RSLu7xN0bTfHw"}',
      'eyJleHBpcnkiOjQxMDI0NDQ4MDAsImNhbGwiOlsicmVhZCIsImNvbnZlcnQiXSwiaGFuZGxlIjoiWms5bVZxMlJTTHU3eE4wYlRmSHcifQ==',
      '39c66f48c434fe4f1ff20b053dbaa9a17ca142060e7c5601a1cb7f27f8462a6a',
    ],
    [
      '{"expiry":4102444800,"call":["pick","store"],"path":"^/?up/.*","container":"^demo-.*$","maxSize":1048576}',
      'eyJleHBpcnkiOjQxMDI0NDQ4MDAsImNhbGwiOlsicGljayIsInN0b3JlIl0sInBhdGgiOiJeLz91cC8uKiIsImNvbnRhaW5lciI6Il5kZW1vLS4qJCIsIm1heFNpemUiOjEwNDg1NzZ9',
      'b14a061ab581bfb1d6f80ade3b2f8130088c518225209fc3f41ed3f3a528d177',
    ],
    [
      '{"expiry":4102444800,"call":["store"],"path":"^docs/>>>?.*"}',
      'eyJleHBpcnkiOjQxMDI0NDQ4MDAsImNhbGwiOlsic3RvcmUiXSwicGF0aCI6Il5kb2NzLz4-Pj8uKiJ9',
      '3d07b85f069da3e79e63215633e17c19b2c8cb0a69384d9f4f3f1b6d3a058dbc',
    ],
    [
      '{"expiry":4102444800,"call":["store"],"path":"^docs/>>>?.*"}',
      'eyJleHBpcnkiOjQxMDI0NDQ4MDAsImNhbGwiOlsic3RvcmUiXSwicGF0aCI6Il5kb2NzLz4+Pj8uKiJ9',
      '261f43413ab119de90dbbcfdbbbe9ed218041146b7d436ef47949791e339d57a',
    ],
    [
      '{"expiry":946684800}',
      'eyJleHBpcnkiOjk0NjY4NDgwMH0=',
      'ca636959bd4296cefbe561a756630432bc31ca82504d63c1e1b96a980fc9264c',
    ],
  ])('%s is signed and verified', (json, policy, signature) => {
    expect(signPolicy(policy, SECRET)).toBe(signature)
    expect(verifiedPolicy(policy, signature, ['another', SECRET])).toBe(policy)
    const members = JSON.parse(json)
    expect(readPolicy(policy).expiry).toBe(members.expiry)
    expect(readPolicy(policy).handle).toBe(members.handle)
  })

  test('blanks that were a + in a query', () => {
    const policy = 'eyJleHBpcnkiOjQxMDI0NDQ4MDAsImNhbGwiOlsic3RvcmUiXSwicGF0aCI6Il5kb2NzLz4+Pj8uKiJ9'
    const signature = signPolicy(policy, SECRET)
    expect(verifiedPolicy(policy.replaceAll('+', ' '), signature, [SECRET])).toBe(policy)
  })

  test.each([
    ['another secret', (policy: string) => [policy, signPolicy(policy, 'another')], 'signature'],
    ['an upper-case signature', (policy: string) => [policy, signPolicy(policy, SECRET).toUpperCase()], 'signature'],
    ['a signature of another policy', (policy: string) => [policy, signPolicy('e30=', SECRET)], 'signature'],
    ['a short one', (policy: string) => [policy, 'abc'], 'signature'],
    ['missing padding', (policy: string) => [policy.replace(/=+$/, ''), signPolicy(policy, SECRET)], 'encoding'],
    ['no base64', () => ['{"expiry":1}', ''], 'encoding'],
  ])('refused: %s', (_, spoil, kind) => {
    const [policy = '', signature = ''] = spoil('eyJleHBpcnkiOjk0NjY4NDgwMH0=')
    expect(reasonOf(() => verifiedPolicy(policy, signature, [SECRET]))?.kind).toBe(kind)
  })
})

describe('content', () => {
  const read = (text: string) => readPolicy(Buffer.from(text).toString('base64'))

  test.each([
    ['"text"'],
    ['[1]'],
    ['null'],
    ['{'],
    ['\xff{}'],
    ['{}'],
    ['{"expiry":"4102444800"}'],
    ['{"expiry":1,"call":5}'],
    ['{"expiry":1,"call":["read",5]}'],
    ['{"expiry":1,"handle":5}'],
    ['{"expiry":1,"path":["a"]}'],
    ['{"expiry":1,"maxSize":"5"}'],
    ['{"expiry":1,"path":"("}'],
    ['{"expiry":1,"url":"a(?=b)"}'],
    ['{"expiry":1,"container":"(a)\\\\1"}'],
    [`{"expiry":1,"path":"${'a'.repeat(1001)}"}`],
    ['{"expiry":1,"path":"((a{100}){100}){100}"}'],
  ])('refused: %s', (text) => {
    expect(reasonOf(() => read(text))?.kind).toBe('content')
  })

  test('what is absent or null restricts nothing, what nobody knows is ignored', () => {
    expect(read('{"expiry":1.5,"calls":["x"],"handle":null,"maxSize":null}')).toEqual({
      ...{ expiry: 1.5, calls: undefined, handle: undefined, url: undefined, path: undefined, container: undefined },
      bounds: {},
    })
  })

  test.each([
    ['"read"', ['read']],
    ['["read","revoke"]', ['read', 'remove']],
    ['[]', []],
  ])('call %s', (call, expected) => {
    expect([...(read(`{"expiry":1,"call":${call}}`).calls ?? [])]).toEqual(expected)
  })

  test.each([
    ['"maxSize":5', { most: 5 }],
    ['"max_size":5,"min_size":2', { most: 5, least: 2 }],
    ['"maxSize":5,"max_size":3,"minSize":1,"min_size":2', { most: 3, least: 2 }],
  ])('sizes %s', (members, bounds) => {
    expect(read(`{"expiry":1,${members}}`).bounds).toEqual(bounds)
  })

  test('expressions are anchored at the start only', () => {
    const { path } = read('{"expiry":1,"path":"up/[a-c]"}')
    expect([path?.matches('up/b/more'), path?.matches('x/up/b'), path?.matches('up/d')]).toEqual([true, false, false])
  })
})

describe('what is allowed', () => {
  const NOW = 1_800_000_000_000
  const authority = createAuthority({ keySecret: (key) => (key === KEY ? SECRET : undefined), now: () => NOW })
  const project = projectOf('demo', { keys: [keyOf(KEY)] })
  const app = (security: boolean) => ({
    project,
    key: keyOf(KEY),
    settings: { security, stores: {}, aliases: {}, directUploads: 'never' as const },
  })
  const store = { calls: ['store'] as const, key: 'uid_a.png', container: 'demo-1' }
  const handle = 'Zk9mVq2RSLu7xN0bTfHw'

  type Row = readonly [
    name: string,
    members: PolicyMembers,
    asked: Parameters<typeof authority.check>[2],
    kind?: string,
  ]
  const rows: readonly Row[] = [
    ['not expired', { expiry: NOW / 1000 + 0.5 }, { calls: ['read'] }],
    ['expiring now', { expiry: NOW / 1000 }, { calls: ['read'] }, 'expired'],
    ['the call is there', { call: ['read', 'stat'] }, { calls: ['stat'] }],
    ['a bare call', { call: 'read' }, { calls: ['read'] }],
    ['another call', { call: 'read' }, { calls: ['stat'] }, 'call'],
    ['one of two calls', { call: ['convert'] }, { calls: ['convert', 'store'] }, 'call'],
    ['either of two calls', { call: ['pick'] }, { calls: [], anyOf: ['pick', 'store'] }],
    ['neither of two calls', { call: ['read'] }, { calls: [], anyOf: ['pick', 'store'] }, 'call'],
    ['no call', {}, { calls: ['remove'] }],
    ['no call means no exif', {}, { calls: ['exif'] }, 'call'],
    ['exif by name', { call: ['stat', 'exif'] }, { calls: ['stat', 'exif'] }],
    ['the handle', { handle }, { calls: ['read'], handle }],
    ['another handle', { handle: 'another' }, { calls: ['read'], handle }, 'handle'],
    ['a handle does not matter for a new file', { handle }, store],
    ['the url', { url: 'https://(www\\.)?example\\.com/' }, { calls: ['convert'], url: 'https://example.com/a' }],
    ['another url', { url: 'https://example\\.com/' }, { calls: ['convert'], url: 'http://example.com/' }, 'url'],
    ['a url does not matter for a file', { url: 'x' }, { calls: ['read'], handle }],
    ['the path as given', { path: '^/up/' }, { ...store, path: 'up/a' }],
    ['with its slash', { path: '^up/' }, { ...store, path: '/up/a' }],
    ['another path', { path: '^up/' }, { ...store, path: '/down/up/' }, 'path'],
    ['the generated key without a path', { path: '^.{3}_a' }, store],
    ['a path does not matter for a file', { path: 'x' }, { calls: ['read'], handle }],
    ['the container', { container: '^demo-.*$' }, store],
    ['another container', { container: 'emo' }, store, 'container'],
    ['a store without containers', { container: '^demo' }, { ...store, container: '' }, 'container'],
    ['an unknown member', { calls: ['nothing'] }, store],
  ]
  test.each(rows.map((row) => ({ row })))('$row.0', ({ row: [, members, asked, refused] }) => {
    const pair = sign('expiry' in members ? members : { expiry: 4_102_444_800, ...members })
    for (const security of [true, false]) {
      const reason = reasonOf(() => authority.check(app(security), pair, asked))
      expect(reason?.kind === 'mismatch' ? reason.member : reason?.kind).toBe(refused)
    }
  })

  test('bounds are handed on', () => {
    const grant = authority.check(app(false), sign({ expiry: 4_102_444_800, maxSize: 9 }), store)
    expect(grant).toEqual({ bounds: { most: 9 } })
  })

  test.each([
    ['nothing', {}, 'missing'],
    ['a policy alone', { policy: 'e30=' }, 'missing'],
    ['a signature alone', { signature: 'x' }, 'missing'],
    ['empty texts', { policy: '', signature: '' }, 'missing'],
    ['the secret', { basic: { user: 'app', password: SECRET } }, undefined],
    ['a wrong secret', { basic: { user: 'app', password: 'x' } }, 'signature'],
    ['a user of somebody else', { basic: { user: 'admin', password: SECRET } }, 'missing'],
  ])('credentials where they are needed: %s', (_, credentials, kind) => {
    for (const [security, always] of [
      [true, false],
      [false, true],
    ] as const) {
      expect(reasonOf(() => authority.check(app(security), credentials, { calls: ['exif'], always }))?.kind).toBe(kind)
    }
  })

  test('without security nothing is needed, but what is there is judged', () => {
    expect(authority.check(app(false), {}, store)).toEqual({ bounds: {} })
    expect(reasonOf(() => authority.check(app(false), { policy: 'e30=' }, store))?.kind).toBe('missing')
    expect(reasonOf(() => authority.check(app(false), { basic: { user: 'app', password: 'x' } }, store))?.kind).toBe(
      'signature',
    )
  })

  test('any pair of texts ends in a grant or a refusal', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.json(), (text, signature, json) => {
        const policy = Buffer.from(json).toString('base64')
        reasonOf(() => authority.check(app(true), { policy: text, signature }, store))
        reasonOf(() => authority.check(app(true), { policy, signature: signPolicy(policy, SECRET) }, store))
        reasonOf(() => authority.check(app(true), { policy: text, signature: signPolicy(text, SECRET) }, store))
      }),
      { numRuns: 500 },
    )
  })

  test('any members end in a grant or a refusal', () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.constant(null), fc.array(fc.string()), fc.boolean())
    const members = fc.record(
      {
        ...{ expiry: fc.oneof(fc.constant(4_102_444_800), value), call: value, handle: value, url: value, path: value },
        ...{ container: value, maxSize: value, minSize: value, max_size: value },
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(members, (given) => {
        reasonOf(() =>
          authority.check(app(false), sign({ expiry: 4_102_444_800, ...given }), {
            ...store,
            path: 'a',
            handle,
            url: 'b',
          }),
        )
      }),
      { numRuns: 500 },
    )
  })
})
