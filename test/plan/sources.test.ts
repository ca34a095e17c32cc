import { describe, expect, test } from 'vitest'
import type { SourceRef, Step } from '../../src/plan/plan.ts'
import { isCacheable, sourceKey, sourcesOf } from '../../src/plan/sources.ts'
import { plan } from './samples.ts'

const object = (changes: Partial<Extract<SourceRef, { kind: 'object' }>> = {}): SourceRef => ({
  kind: 'object',
  connection: 'bucket',
  key: 'images/hello.png',
  ...changes,
})
const url = (address: string, changes: Partial<Extract<SourceRef, { kind: 'url' }>> = {}): SourceRef => ({
  kind: 'url',
  url: address,
  ...changes,
})
const ask = { accept: 'image/webp', encoding: 'identity' } as const

describe('the key of a source', () => {
  test.each<[SourceRef, string]>([
    [object(), 'object:bucket::images/hello.png#'],
    [object({ bucket: 'other' }), 'object:bucket:other:images/hello.png#'],
    [object({ key: 'a:b#c d/ü\ud800' }), 'object:bucket::a%3Ab%23c%20d/%C3%BC%EF%BF%BD#'],
    [url('http://Example.com:80/a b?x=1#part'), 'url:http://example.com/a%20b?x=1#'],
    [url('no url'), 'url:no%20url#'],
    [object({ ask }), 'object:bucket::images/hello.png#identity:image/webp'],
  ])('%j → %s', (ref, key) => {
    expect(sourceKey(ref)).toBe(key)
  })

  test('leaves out who may read it', () => {
    const plain = sourceKey(url('http://a/b'))
    expect(sourceKey(url('http://a/b', { hosts: ['a'], headers: { cookie: 'x' } }))).toBe(plain)
  })

  test('of a source asked for something begins like that of the source', () => {
    expect(sourceKey(object({ ask })).startsWith(sourceKey(object()))).toBe(true)
  })

  test('tells apart what only looks alike', () => {
    const keys = [
      object({ bucket: 'a', key: 'b:c' }),
      object({ bucket: 'a:b', key: 'c' }),
      object({ key: 'a:b:c' }),
      object({ key: 'a#identity:image/webp' }),
      object({ key: 'a', ask }),
    ].map(sourceKey)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('a source may be cached', () => {
  test.each<[string, SourceRef, boolean]>([
    ['an object', object(), true],
    ['a plain URL', url('https://a/b?c'), true],
    ['not with headers', url('https://a/b', { headers: { authorization: 'x' } }), false],
    ['with no headers in the list', url('https://a/b', { headers: {} }), true],
    ['not with a user', url('https://me@a/b'), false],
    ['not with a password', url('https://:secret@a/b'), false],
    ['not when it is no URL', url('::'), false],
  ])('%s', (_, ref, cacheable) => {
    expect(isCacheable(ref)).toBe(cacheable)
  })
})

test('the further sources of a plan are found in layers, layers of layers and branches, each once', () => {
  const layer = (source: SourceRef, steps: readonly Step[] = []): Step => ({
    kind: 'layer',
    picture: { kind: 'source', source },
    steps,
    at: { kind: 'anchor', x: 0, y: 0 },
    blend: 'over',
  })
  const solid: Step = {
    kind: 'layer',
    picture: { kind: 'solid', colour: { r: 0, g: 0, b: 0, alpha: 1 }, box: {} },
    steps: [layer(url('http://a/4'))],
    at: { kind: 'anchor', x: 0, y: 0 },
    blend: 'over',
  }
  const when = { left: 1, is: 'eq', right: 1 } as const
  const steps: readonly Step[] = [
    layer(object(), [layer(url('http://a/2'))]),
    { kind: 'branch', cases: [{ when, steps: [layer(url('http://a/3'))] }], otherwise: [solid, layer(object())] },
  ]
  expect(sourcesOf(plan(steps))).toEqual([object(), url('http://a/2'), url('http://a/3'), url('http://a/4')])
  expect(sourcesOf(plan([]))).toEqual([])
})
