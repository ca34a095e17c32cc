import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UploadPiece } from '../../src/catalog/upload-sessions.ts'
import { choose, fitsStore, gather, isRest, layOut, sameEtag, spooledParts } from '../../src/uploads/sessions-plan.ts'

const MB = 1024 * 1024
const piece = (start: number, size: number, seq: number, more: Partial<UploadPiece> = {}): UploadPiece => ({
  ...{ part: 1, start, size, seq, etag: `"${seq}"`, file: `f${seq}`, committed: true },
  ...more,
})
const bad = (parameter: string) => expect.objectContaining({ code: 'bad-parameter', context: { parameter } })

describe('a part as it comes', () => {
  it.each([
    ['a usual part', 1, 6 * MB, 20 * MB, true],
    ['the whole file, however small', 1, 10, 10, true],
    ['the rest, nobody knows of what', 4, 2 * MB, 20 * MB, false],
    ['a small part', 2, 1 * MB, 20 * MB, false],
  ])('is taken by the store or not: %s', (_, part, size, total, fits) => {
    expect(fitsStore(part, size, total)).toBe(fits)
  })

  it.each([
    ['after usual parts', 4, 2 * MB, 20 * MB, 6 * MB, true],
    ['before anybody knows how large those are', 4, 2 * MB, 20 * MB, undefined, false],
    ['of another size', 4, MB, 20 * MB, 6 * MB, false],
    ['after small parts', 5, 1, 4 * MB + 1, MB, false],
  ])('is the rest or not: %s', (_, part, size, total, partSize, rest) => {
    expect(isRest(part, size, total, partSize)).toBe(rest)
  })
})

describe('a part in chunks', () => {
  it.each([
    ['one', [piece(0, 8, 1)], [['f1', 0, 8]]],
    [
      'two, the later first',
      [piece(4, 4, 1), piece(0, 4, 2)],
      [
        ['f2', 0, 4],
        ['f1', 0, 4],
      ],
    ],
    ['the same again', [piece(0, 8, 1), piece(0, 8, 2)], [['f2', 0, 8]]],
    [
      'a half again',
      [piece(0, 8, 1), piece(4, 4, 2)],
      [
        ['f1', 0, 4],
        ['f2', 0, 4],
      ],
    ],
    [
      'the middle again',
      [piece(0, 9, 1), piece(3, 3, 2)],
      [
        ['f1', 0, 3],
        ['f2', 0, 3],
        ['f1', 6, 3],
      ],
    ],
    ['a latecomer over two halves', [piece(0, 4, 1), piece(4, 4, 2), piece(0, 8, 3)], [['f3', 0, 8]]],
    [
      'a larger one before',
      [piece(0, 8, 1), piece(0, 4, 2), piece(4, 2, 3)],
      [
        ['f2', 0, 4],
        ['f3', 0, 2],
        ['f1', 6, 2],
      ],
    ],
  ])('is laid out: %s', (_, pieces, runs) => {
    const laid = layOut(1, pieces)
    expect(laid.runs.map(({ file, start, length }) => [file, start, length])).toEqual(runs)
  })

  it.each([
    ['the beginning', [piece(1, 8, 1)]],
    ['the middle', [piece(0, 3, 1), piece(4, 4, 2)]],
  ])('is incomplete without %s', (_, pieces) => {
    expect(() => layOut(1, pieces)).toThrow(bad('part'))
  })

  it('holds for each byte what came last', () => {
    const chunk = fc.record({ start: fc.nat(20), size: fc.integer({ min: 1, max: 20 }) })
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 1, maxLength: 8 }), (chunks) => {
        const pieces = [piece(0, 41, 0), ...chunks.map(({ start, size }, at) => piece(start, size, at + 1))]
        const expected = new Array<string>(41).fill('f0:')
        for (const { start, size, file } of pieces) {
          for (let at = 0; at < size; at++) expected[start + at] = `${file}:${at}`
        }
        const got = layOut(1, pieces).runs.flatMap(({ file, start, length }) =>
          Array.from({ length }, (_, at) => `${file}:${start + at}`),
        )
        expect(got.map((at) => at.replace(/^f0:.*/, 'f0:'))).toEqual(expected.map((at) => at.replace(/^f0:.*/, 'f0:')))
      }),
    )
  })

  it('has an ETag when it came in one piece, and counts only when it is committed', () => {
    expect(layOut(1, [piece(0, 8, 1)]).etag).toBe('"1"')
    expect(layOut(1, [piece(0, 4, 1), piece(4, 4, 2)])).not.toHaveProperty('etag')
    expect(layOut(1, [piece(0, 8, 1), piece(4, 4, 2)])).not.toHaveProperty('etag')
    expect(spooledParts([piece(0, 8, 1, { part: 7, committed: false }), piece(0, 3, 2, { part: 2 })])).toEqual([
      { part: 2, size: 3, etag: '"2"', runs: [{ file: 'f2', start: 0, length: 3 }] },
    ])
  })
})

describe('the parts of a file', () => {
  const stored = (part: number, size: number) => ({ part, size, etag: `"s${part}"` })
  const spooled = (part: number, size: number) => ({
    part,
    size,
    etag: `"d${part}"`,
    runs: [{ file: `f${part}`, start: 0, length: size }],
  })

  it('are those that are listed', () => {
    const disk = [spooled(2, 3)]
    const store = [stored(1, 6), stored(3, 9)]
    const listed = {
      parts: [
        { part: 2, etag: 'd2' },
        { part: 1, etag: '"s1"' },
      ],
      chunked: false,
    }
    expect(choose(listed, disk, store, 9)).toEqual([store[0], disk[0]])
    expect(() => choose(listed, disk, store, 10)).toThrow(bad('size'))
    expect(() => choose({ parts: [{ part: 1, etag: 'd2' }], chunked: false }, disk, store, 6)).toThrow(bad('parts'))
    expect(() => choose({ parts: [], chunked: false }, disk, store, 9)).toThrow(bad('size'))
  })

  it('are all of them where nobody lists chunks, the listed ones exactly', () => {
    const disk = [spooled(2, 3), spooled(3, 2)]
    const store = [stored(1, 6), stored(2, 7)]
    expect(choose({ parts: [], chunked: true }, disk, store, 11)).toEqual([store[0], ...disk])
    expect(choose({ parts: [{ part: 2, etag: 's2' }], chunked: true }, disk, store, 15)).toEqual([...store, disk[1]])
  })

  it('are gathered until the store takes them', () => {
    const parts = [
      stored(1, 6 * MB),
      ...[2, 3, 4, 5, 6].map((part) => spooled(part, 3 * MB)),
      stored(9, 6 * MB),
      spooled(10, 5),
    ]
    expect(gather(parts).map(({ kind, part, size }) => [kind, part, size / MB])).toEqual([
      ['stored', 1, 6],
      ['spooled', 2, 15],
      ['stored', 9, 6],
      ['spooled', 10, 5 / MB],
    ])
    const many = Array.from({ length: 20 }, (_, at) => spooled(at + 1, MB))
    expect(gather(many).every(({ size }, at, all) => size >= 5 * MB || at === all.length - 1)).toBe(true)
    expect(gather([spooled(1, 8 * MB), spooled(2, 8 * MB), spooled(3, 1)]).map(({ size }) => size)).toEqual([
      8 * MB,
      8 * MB + 1,
    ])
  })

  it('are refused when a small one is shut in', () => {
    expect(() => gather([stored(1, 6 * MB), spooled(2, MB), stored(3, 6 * MB)])).toThrow(bad('parts'))
    expect(() => gather([stored(1, MB), stored(2, 6 * MB)])).toThrow(bad('parts'))
  })

  it('are known by ETags in any dress', () => {
    expect(sameEtag('"ABC"', 'abc')).toBe(true)
    expect(sameEtag('W/"abc"', '"abc"')).toBe(true)
    expect(sameEtag(undefined, 'abc')).toBe(false)
  })
})
