import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameOfUpload, nameOfUrl, outputName } from '../../../src/dialects/compressor/names.ts'
import { readJson, readRequest } from '../../../src/dialects/compressor/request.ts'
import { parseResultPath, resultPath, resultTime } from '../../../src/dialects/compressor/results.ts'
import { Fault } from '../../../src/faults.ts'
import { connectionOf, project } from './house.ts'

const shop = project('shop', [], [connectionOf('bucket', { endpoint: 'http://s3.example.com', bucket: 'own' })])

describe('compressor: a request of any form', () => {
  /** Values that come near to what is asked for. */
  const near = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      'auto',
      'fit',
      'jpeg',
      'high',
      'http://a/',
      '#fff',
      'bucket',
      'public-read',
      '',
      0,
      -1,
      1e9,
      null,
      [],
      {},
    ),
  )
  const keys = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), near, { noNullPrototype: false })
  const image = keys('compression', 'resize', 'format', 'output', 'quality', '__proto__', 'constructor')
  const resize = keys('width', 'height', 'mode', 'gravity', 'background', 'upscale')
  const store = keys(
    'id',
    'bucket',
    'container',
    'region',
    'path',
    'acl',
    'metadata',
    'headers',
    'class',
    'tags',
    'key',
    'secret',
    'provider',
    'endpoint',
    'accountName',
    'accountKey',
  )
  const request = fc.record(
    {
      url: near,
      headers: near,
      image: fc.oneof(near, image, fc.record({ resize })),
      store: fc.oneof(near, store),
      webhook: fc.oneof(near, keys('url')),
      output: fc.oneof(near, keys('format', 'quality')),
    },
    { requiredKeys: [] },
  )

  it('ends in a request or a Fault', () => {
    fc.assert(
      fc.property(request, fc.constantFrom('fetch' as const, 'upload' as const), (values, call) => {
        try {
          readRequest(readJson(JSON.stringify(values)), call, shop)
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is no JSON object: malformed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          readJson(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-parameter', context: { malformed: true } })
        }
      }),
    )
  })
})

describe('compressor: names', () => {
  it.each([
    ['https://example.com/a/image.jpg?x=/y.png#z', 'image.jpg'],
    ['https://example.com/a%20b.png', 'a b.png'],
    ['https://example.com/a%2Fb.png', 'b.png'],
    ['https://example.com/%E9.png', '%E9.png'],
    ['https://example.com/', 'file'],
    ['https://example.com/%2e%2e%2f', 'file'],
  ])('%s is %s', (url, name) => {
    expect(nameOfUrl(url)).toBe(name)
  })

  it.each([
    ['image.jpg', 'jpeg', 'image.jpeg'],
    ['archive.tar.png', 'webp', 'archive.tar.webp'],
    ['noextension', 'png', 'noextension.png'],
    ['.hidden', 'png', 'file.png'],
  ] as const)('%s as %s is %s', (input, format, name) => {
    expect(outputName(input, format)).toBe(name)
  })

  it('never hold a slash, a control character or only dots', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const name = nameOfUpload(text)
        expect(name).not.toMatch(/[/\\]|^\.*$/)
        expect([...name].every((char) => char >= ' ' && char !== '\x7f')).toBe(true)
        expect(name.length).toBeLessThanOrEqual(200)
        expect(name.isWellFormed()).toBe(true)
      }),
    )
  })
})

describe('compressor: paths of results', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(
        fc.uuid({ version: 4 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
        (id, text, expires) => {
          const name = nameOfUpload(text)
          const time = resultTime(expires)
          expect(parseResultPath(resultPath(time, id, name))).toEqual({ time, id, name })
          expect(time % 300).toBe(0)
          expect(time * 1000).toBeGreaterThanOrEqual(expires.getTime())
        },
      ),
    )
  })
})
