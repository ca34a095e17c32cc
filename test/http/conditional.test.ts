import { describe, expect, it } from 'vitest'
import { precondition, selectRange } from '../../src/http/conditional.ts'

const CHANGED = new Date('2024-05-01T12:00:00.700Z')
const SAME = 'Wed, 01 May 2024 12:00:00 GMT'
const BEFORE = 'Wed, 01 May 2024 11:59:59 GMT'
const AFTER = 'Wed, 01 May 2024 12:00:01 GMT'
const validators = { etag: '"a"', lastModified: CHANGED }

describe('precondition: the order of RFC 9110 §13.2.2', () => {
  it.each([
    ['nothing asked', {}, 'proceed'],
    ['If-None-Match of the same tag', { 'if-none-match': '"a"' }, 'not-modified'],
    ['If-None-Match compares weakly', { 'if-none-match': 'W/"a"' }, 'not-modified'],
    ['If-None-Match in a list', { 'if-none-match': '"x", W/"y" ,"a"' }, 'not-modified'],
    ['If-None-Match *', { 'if-none-match': '*' }, 'not-modified'],
    ['If-None-Match of another tag', { 'if-none-match': '"b"' }, 'proceed'],
    ['If-None-Match without quotes is no tag', { 'if-none-match': 'a' }, 'proceed'],
    ['If-None-Match hides If-Modified-Since', { 'if-none-match': '"b"', 'if-modified-since': AFTER }, 'proceed'],
    ['If-Modified-Since the same second', { 'if-modified-since': SAME }, 'not-modified'],
    ['If-Modified-Since later', { 'if-modified-since': AFTER }, 'not-modified'],
    ['If-Modified-Since earlier', { 'if-modified-since': BEFORE }, 'proceed'],
    ['If-Modified-Since that is no date', { 'if-modified-since': 'yesterday' }, 'proceed'],
    ['If-Match of the same tag', { 'if-match': '"a"' }, 'proceed'],
    ['If-Match *', { 'if-match': '*' }, 'proceed'],
    ['If-Match compares strongly', { 'if-match': 'W/"a"' }, 'failed'],
    ['If-Match of another tag', { 'if-match': '"b"' }, 'failed'],
    ['If-Match hides If-Unmodified-Since', { 'if-match': '"a"', 'if-unmodified-since': BEFORE }, 'proceed'],
    ['If-Unmodified-Since earlier', { 'if-unmodified-since': BEFORE }, 'failed'],
    ['If-Unmodified-Since the same second', { 'if-unmodified-since': SAME }, 'proceed'],
    ['If-Match fails before If-None-Match is looked at', { 'if-match': '"b"', 'if-none-match': '"a"' }, 'failed'],
    ['If-Match holds, then If-None-Match decides', { 'if-match': '"a"', 'if-none-match': '"a"' }, 'not-modified'],
  ] as const)('%s', (_case, headers, verdict) => {
    expect(precondition(headers, validators)).toBe(verdict)
  })

  it('knows nothing of what has neither tag nor date', () => {
    expect(precondition({ 'if-modified-since': SAME, 'if-none-match': '"a"' }, {})).toBe('proceed')
    expect(precondition({ 'if-match': '"a"' }, {})).toBe('failed')
  })
})

describe('selectRange: the part of 10 bytes that is sent', () => {
  it.each([
    ['bytes=0-3', { start: 0, end: 3 }],
    ['bytes=4-', { start: 4, end: 9 }],
    ['bytes=-4', { start: 6, end: 9 }],
    ['bytes=-400', { start: 0, end: 9 }],
    ['bytes=8-100', { start: 8, end: 9 }],
    ['BYTES=9-9', { start: 9, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=3-2', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=0-1,4-5', 'whole'],
    ['lines=0-1', 'whole'],
    ['bytes=0-99999999999999999999', 'whole'],
  ] as const)('%s', (range, part) => {
    expect(selectRange({ range }, validators, 10)).toEqual(part)
  })

  it.each([
    ['"a"', { start: 0, end: 3 }],
    ['W/"a"', 'whole'],
    ['"b"', 'whole'],
    [SAME, { start: 0, end: 3 }],
    [AFTER, 'whole'],
  ] as const)('If-Range %s', (ifRange, part) => {
    expect(selectRange({ range: 'bytes=0-3', 'if-range': ifRange }, validators, 10)).toEqual(part)
  })

  it('finds no range in nothing', () => {
    expect(selectRange({ range: 'bytes=0-' }, {}, 0)).toBe('unsatisfiable')
  })
})
