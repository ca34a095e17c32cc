import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CdnRequest,
  parseTarget,
  printTarget,
  type RawOption,
} from '../../../../src/dialects/filestack/processing/grammar.ts'
import type { Value } from '../../../../src/dialects/filestack/processing/scan.ts'
import { Fault } from '../../../../src/faults.ts'

const KEY = 'AaBbCcDdEeFfGgHhIiJjKk'
const HANDLE = 'Zk9mVq2RSLu7xN0bTfHw'
const OTHER = 'u5Yh2LwQTf6Rk0aVbN-_'
const parse = (target: string) => parseTarget(target, (text) => text === KEY)
const b64 = (text: string) => Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
const handle = { kind: 'handle', handle: HANDLE } as const
const task = (name: string, ...options: readonly (readonly [string, Value])[]) => ({
  name,
  options: options.map(([option, value]) => ({ name: option, value })),
})

describe('sources', () => {
  it.each([
    [`/${HANDLE}`, handle],
    [`/${HANDLE}+png`, { ...handle, extension: 'png' }],
    [`/${HANDLE}%2Bpng`, { ...handle, extension: 'png' }],
    [`/${KEY}/${HANDLE}`, handle],
    [`/${KEY}/http://x.test/a/b.png`, { kind: 'url', url: 'http://x.test/a/b.png' }],
    [`/${KEY}/http:/x.test/a.png`, { kind: 'url', url: 'http://x.test/a.png' }],
    [`/${KEY}/HTTPS://x.test/a.png?w=1,2&h="3"`, { kind: 'url', url: 'https://x.test/a.png?w=1,2&h="3"' }],
    [`/${KEY}/https://x.test/a%20b%2Fc.png`, { kind: 'url', url: 'https://x.test/a%20b%2Fc.png' }],
    [`/${KEY}/https%3A%2F%2Fx.test%2Fa%2520b.png%3Fq%3D1`, { kind: 'url', url: 'https://x.test/a%20b.png?q=1' }],
    [`/${KEY}/https%3a%2f%2fx.test/a.png`, { kind: 'url', url: 'https://x.test/a.png' }],
    [`/${KEY}/"https://x.test/a,b.png?c=d/e"`, { kind: 'url', url: 'https://x.test/a,b.png?c=d/e' }],
    [`/${KEY}/%22https://x.test/a%20b.png?c=d%22`, { kind: 'url', url: 'https://x.test/a%20b.png?c=d' }],
    [`/${KEY}/"https://x.test/a?q=%22z%22"`, { kind: 'url', url: 'https://x.test/a?q=%22z%22' }],
    [`/${KEY}/%22https%3A%2F%2Fx.test%2Fa.png%22`, { kind: 'url', url: 'https://x.test/a.png' }],
    [`/${KEY}/src://assets/a/b%20c.png`, { kind: 'alias', alias: 'assets', path: 'a/b c.png' }],
    [`/${KEY}/"src://assets/a/b.png"`, { kind: 'alias', alias: 'assets', path: 'a/b.png' }],
    [`/${KEY}/src%3A%2F%2Fassets%2Fa.png`, { kind: 'alias', alias: 'assets', path: 'a.png' }],
    [`/${KEY}/b64://${b64('https://x.test/ü.png?a=b')}`, { kind: 'url', url: 'https://x.test/ü.png?a=b' }],
    [`/${KEY}/b64://${b64('src://assets/a?b.png')}`, { kind: 'alias', alias: 'assets', path: 'a?b.png' }],
    [`/b64://${b64(HANDLE)}`, handle],
    [`/[${HANDLE},${OTHER}]`, { kind: 'list', sources: [handle, { kind: 'handle', handle: OTHER }] }],
    [`/%5B%22${HANDLE}%22,%22${OTHER}%22%5D`, { kind: 'list', sources: [handle, { kind: 'handle', handle: OTHER }] }],
    [`/["${HANDLE}","${OTHER}"]`, { kind: 'list', sources: [handle, { kind: 'handle', handle: OTHER }] }],
    [`/[[${HANDLE}],[[${OTHER}]]]`, { kind: 'list', sources: [handle, { kind: 'handle', handle: OTHER }] }],
    [
      `/${KEY}/[http://x.test/a/b.png,"http://x.test/c,d]e.png",src://assets/f.png]`,
      {
        kind: 'list',
        sources: [
          { kind: 'url', url: 'http://x.test/a/b.png' },
          { kind: 'url', url: 'http://x.test/c,d]e.png' },
          { kind: 'alias', alias: 'assets', path: 'f.png' },
        ],
      },
    ],
    [
      `/b64://${b64(`["${HANDLE}","${OTHER}"]`)}`,
      { kind: 'list', sources: [handle, { kind: 'handle', handle: OTHER }] },
    ],
    ['/favicon.ico', { kind: 'handle', handle: 'favicon.ico' }],
  ] as const)('%s', (target, source) => {
    expect(parse(target).source).toEqual(source)
  })

  it('a key is one only when it is configured', () => {
    expect(parse(`/${KEY}/${HANDLE}`).apikey).toBe(KEY)
    const other = parseTarget(`/${KEY}/${HANDLE}`, () => false)
    expect(other.apikey).toBeUndefined()
    expect(other.tasks).toEqual([{ name: KEY, options: [] }])
  })

  it.each([
    [`/${HANDLE}?policy=a%2Bb&signature=c`, 'policy=a%2Bb&signature=c'],
    [`/rotate=deg:90/${HANDLE}?dl=true`, 'dl=true'],
    [`/[${HANDLE}]?policy=x`, 'policy=x'],
    [`/"${HANDLE}"?policy=x`, 'policy=x'],
    [`/${KEY}/src://assets/a.png?policy=x`, 'policy=x'],
    [`/${KEY}/http://x.test/a.png?policy=x`, ''],
  ])('the query of %s is ours as far as it is no URL’s', (target, query) => {
    expect(parse(target).query).toBe(query)
  })

  it.each([
    [`/${HANDLE}/metadata`, true, ''],
    [`/${HANDLE}/metadata?size=true&policy=x`, true, 'size=true&policy=x'],
    [`/${HANDLE}+png/metadata/`, true, ''],
    [`/${KEY}/${HANDLE}/metadata?a`, true, 'a'],
    [`/metadata/${HANDLE}`, false, ''],
  ])('%s asks for metadata: %s', (target, metadata, query) => {
    expect(parse(target)).toMatchObject({ metadata, query, source: { handle: HANDLE } })
  })
})

describe('tasks', () => {
  it.each([
    ['resize=width:100,height:50', [task('resize', ['width', '100'], ['height', '50'])]],
    ['resize=w:1/flip/rotate=d:90', [task('resize', ['w', '1']), task('flip'), task('rotate', ['d', '90'])]],
    ['cache=false', [{ name: 'cache', options: [{ value: 'false' }] }]],
    ['metadata=[size,mimetype]', [{ name: 'metadata', options: [{ value: ['size', 'mimetype'] }] }]],
    ['crop=dim:[1,2,3,4]', [task('crop', ['dim', ['1', '2', '3', '4']])]],
    ['crop=dim:%5B1,2,3,4%5D', [task('crop', ['dim', ['1', '2', '3', '4']])]],
    [
      'partial_blur=objects:[[1,2,3,4],[5,6,7,8]],a:3',
      [
        task(
          'partial_blur',
          [
            'objects',
            [
              ['1', '2', '3', '4'],
              ['5', '6', '7', '8'],
            ],
          ],
          ['a', '3'],
        ),
      ],
    ],
    ['store=path:"a/b,c/",filename:x', [task('store', ['path', 'a/b,c/'], ['filename', 'x'])]],
    ['store=path:%22a/b,c/%22', [task('store', ['path', 'a/b,c/'])]],
    ['store=path:a%2Fb%2Cc%22', [task('store', ['path', 'a/b,c"'])]],
    ['store=filename:%C3%BC%20%25.png', [task('store', ['filename', 'ü %.png'])]],
    ['store=filename:100%.png', [task('store', ['filename', '100%.png'])]],
    ['store=filename:a:b=c', [task('store', ['filename', 'a:b=c'])]],
    ['store=filename:""', [task('store', ['filename', ''])]],
    ['security=p:eyJ9==,s:0a', [task('security', ['p', 'eyJ9=='], ['s', '0a'])]],
    ['security=p:"ey/J+9=="', [task('security', ['p', 'ey/J+9=='])]],
    ['collage=files:["a","b"],w:1', [task('collage', ['files', ['a', 'b']], ['w', '1'])]],
    ['resize=', [task('resize')]],
  ] as const)('%s', (text, tasks) => {
    expect(parse(`/${text}/${HANDLE}`)).toEqual({ tasks, source: handle, metadata: false, query: '' })
    expect(parse(`/${KEY}/${text}/http://x.test/a`).tasks).toEqual(tasks)
  })

  it('in base64, with and without parameters', () => {
    const list = [
      { name: 'resize', params: { width: 100, fit: 'crop', height: null } },
      { name: 'flip' },
      { name: 'cache', params: false },
      { name: 'crop', params: { dim: [1, 2, 3, 4] } },
      { name: 'store', params: { workflows: [{ id: 'a' }], base64decode: true } },
    ]
    const expected = [
      task('resize', ['width', '100'], ['fit', 'crop']),
      task('flip'),
      { name: 'cache', options: [{ value: 'false' }] },
      task('crop', ['dim', ['1', '2', '3', '4']]),
      task('store', ['workflows', ['{}']], ['base64decode', 'true']),
    ]
    const text = b64(JSON.stringify(list))
    expect(parse(`/${KEY}/b64/${text}/${HANDLE}`).tasks).toEqual(expected)
    expect(parse(`/b64/${encodeURIComponent(text)}/b64://${b64(HANDLE)}`)).toMatchObject({
      tasks: expected,
      source: handle,
    })
  })
})

describe('what cannot be read', () => {
  it.each([
    '/',
    '',
    '/resize=width:100',
    '/resize=width:100/',
    `/store=path:"a/${HANDLE}`,
    `/crop=dim:[1,2/${HANDLE}`,
    `/crop=dim:[1,2]x/${HANDLE}`,
    `/store=path:"a"b/${HANDLE}`,
    `/"${HANDLE}"x`,
    `/[${HANDLE}]/x`,
    '/[]',
    `/${KEY}/http://`,
    `/${KEY}/src://assets`,
    `/${KEY}/src:///a`,
    `/store=filename:%ff/${HANDLE}`,
    `/b64/${b64('{')}/${HANDLE}`,
    `/b64/${b64('{"name":"flip"}')}/${HANDLE}`,
    `/b64/${b64('[{"params":{}}]')}/${HANDLE}`,
    `/b64/${b64(`[{"name":"crop","params":{"dim":${'['.repeat(12)}${']'.repeat(12)}}}]`)}/${HANDLE}`,
    `/crop=dim:${'['.repeat(12)}1${']'.repeat(12)}/${HANDLE}`,
    `/${'flip/'.repeat(101)}${HANDLE}`,
    `/${'"'.repeat(1000)}`,
    `/b64://${b64(`b64://${b64(`b64://${b64(`b64://${b64(`b64://${b64(HANDLE)}`)}`)}`)}`)}`,
  ])('%s', (target) => {
    expect(() => parse(target)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
})

describe('whatever comes', () => {
  const pieces = [
    '/',
    ',',
    ':',
    '=',
    '"',
    '%22',
    '[',
    '%5B',
    ']',
    '%5d',
    '?',
    '+',
    'http://',
    'src://',
    'b64://',
    'b64/',
  ]
  const hostile = fc
    .array(fc.oneof(fc.constantFrom(...pieces, HANDLE, KEY, 'resize', '/metadata', '%ff', '%'), fc.string()), {
      maxLength: 30,
    })
    .map((parts) => `/${parts.join('')}`)

  it('ends in a request or a Fault', () => {
    fc.assert(
      fc.property(hostile, (target) => {
        try {
          parse(target)
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['brackets', '['.repeat(200_000)],
    ['closed lists', `a=b:${'[]'.repeat(100_000)}`],
    ['quotes', '"'.repeat(200_000)],
    ['escaped quotes', '%22'.repeat(70_000)],
    ['slashes', '/'.repeat(200_000)],
    ['names', `${'a'.repeat(200_000)}`],
    ['options', `a=${'b:c,'.repeat(50_000)}`],
    ['options without names', `a=${'bc,'.repeat(60_000)}`],
    ['handles', `${HANDLE}+`.repeat(10_000)],
    ['handles with metadata', `${HANDLE}/metadata/`.repeat(50)],
    ['a list of handles', `[${`${HANDLE},`.repeat(10_000)}${HANDLE}]`],
    ['escapes', '%25'.repeat(70_000)],
  ])('is read in one go: %s', (_, text) => {
    // Quadratic work on texts this long would not end within the test's time.
    const outcome = () => {
      try {
        return parse(`/${text}`) !== undefined
      } catch (error) {
        return error instanceof Fault
      }
    }
    expect(outcome()).toBe(true)
  })

  const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value; text: string; list: readonly Value[] }>((tie) => ({
    text: fc.string({ unit: 'grapheme' }),
    list: fc.array(tie('value'), { maxLength: 4 }),
    value: fc.oneof({ maxDepth: 3 }, tie('text'), tie('list')),
  })).value
  const option: fc.Arbitrary<RawOption> = fc.oneof(
    fc.record({ name: fc.constantFrom('width', 'w', 'dim'), value }),
    fc.record({ value }),
  )
  const tasks = fc.array(
    fc.record({
      name: fc.constantFrom('resize', 'crop', 'partial_blur', 'cache'),
      options: fc.array(option, { maxLength: 4 }),
    }),
    { maxLength: 5 },
  )
  const one = fc.oneof(
    fc.constantFrom(handle, { ...handle, extension: 'png' }, { kind: 'handle', handle: OTHER } as const),
    fc.webUrl({ withQueryParameters: true }).map((url) => ({ kind: 'url', url }) as const),
    fc.string({ minLength: 1 }).map((path) => ({ kind: 'alias', alias: 'assets', path }) as const),
  )
  const query = fc.constantFrom('', 'policy=a%2F&signature=b', 'dl=true')
  const request: fc.Arbitrary<CdnRequest> = fc.oneof(
    fc.record({ apikey: fc.constant(KEY), tasks, source: one, metadata: fc.constant(false), query: fc.constant('') }),
    fc.record({ tasks, source: fc.constant(handle), metadata: fc.boolean(), query }),
    fc.record({
      apikey: fc.constant(KEY),
      tasks,
      source: fc.array(one, { minLength: 1, maxLength: 4 }).map((sources) => ({ kind: 'list', sources }) as const),
      metadata: fc.constant(false),
      query,
    }),
  )

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(request, (wanted) => {
        expect(parse(printTarget(wanted))).toEqual(wanted)
      }),
      { numRuns: 1500 },
    )
  })
})
