import { expect, it } from 'vitest'
import { compileVersions } from '../../../src/dialects/kraken/compile.ts'
import { readWish } from '../../../src/dialects/kraken/parameters.ts'
import { facts } from '../../plan/samples.ts'

const SET = ['a', 'b'].map((id) => ({ id, strategy: 'none' }))
const json = { url: 'http://x.test/a.jpg', callback_url: 'http://x.test/', resize: SET }
const wish = readWish(json, { by: 'url', s3Endpoint: undefined })
const placesUnder = (id: string | undefined) =>
  compileVersions(wish, facts(), { name: 'a.jpg', id }).map(({ into }) => into)

it('work that is done again publishes the members of a set under the same ids', () => {
  const first = placesUnder('0'.repeat(32))
  const publish = { kind: 'publish', id: expect.stringMatching(/^[0-9a-f]{32}$/) }
  expect(first).toEqual([publish, publish])
  expect(new Set(first.map((into) => JSON.stringify(into))).size).toBe(2)
  expect(placesUnder('0'.repeat(32))).toEqual(first)
  expect(placesUnder('1'.repeat(32))).not.toEqual(first)
})

it('work that is done once needs no ids', () => {
  expect(placesUnder(undefined)).toEqual([{ kind: 'publish' }, { kind: 'publish' }])
})
