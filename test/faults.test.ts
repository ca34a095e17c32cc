import { describe, expect, it } from 'vitest'
import { Fault, isDiskFull, isSourceFailure, systemCode } from '../src/faults.ts'

const failed = (code: unknown) => Object.assign(new Error('the system refuses'), { code })

describe('errors of the system', () => {
  it('have a code, or none', () => {
    expect([failed('ENOENT'), failed(7), new Error('plain'), { code: 'ENOENT' }, undefined].map(systemCode)).toEqual([
      'ENOENT',
      ...[undefined, undefined, undefined, undefined],
    ])
  })

  it('a full disk and a used up quota are the same', () => {
    expect(['ENOSPC', 'EDQUOT', 'EACCES', 7].filter((code) => isDiskFull(failed(code)))).toEqual(['ENOSPC', 'EDQUOT'])
  })
})

it('after some faults of a source another one may be tried', () => {
  const gone = ['object-missing', 'access-denied', 'store-misconfigured'] as const
  const away = ['source-unreachable', 'source-refused', 'source-timeout'] as const
  const others = ['address-forbidden', 'too-large', 'private', 'timed-out', 'overloaded'] as const
  const faults = [...gone, ...others, ...away].map((code) => new Fault(code))
  expect(faults.filter(isSourceFailure).map(({ code }) => code)).toEqual([...gone, ...away])
  expect(isSourceFailure(failed('ECONNRESET'))).toBe(false)
})
