import { expect, it } from 'vitest'
import { delayAfter } from '../../src/jobs/delay.ts'

it.each([
  [1, 0, 10_000],
  [2, 0, 60_000],
  [3, 0, 60_000],
  [1, 0.5, 11_000],
  [2, 1, 72_000],
])('after failure %i, with chance at %f, the next try comes after %i ms', (failures, random, expected) => {
  expect(delayAfter(failures, [10, 60], random)).toBe(expected)
})

it('without delays the next try comes at once', () => {
  expect(delayAfter(3, [], 1)).toBe(0)
})
