import { describe, expect, it } from 'vitest'
import { contractProblems, titlesIn } from '../../scripts/checks/compat.ts'
import { compatPage } from '../../scripts/checks/compat-page.ts'

const sections = [
  { number: '1', title: 'Endpoints' },
  { number: '2', title: 'Grammar' },
]
const works = { section: '1', fact: 'HEAD is GET without body', state: 'works', test: 'answers HEAD' } as const

describe('the rows of a contract', () => {
  it('are complete when every section has a row and every row a test', () => {
    const rows = [works, { section: '2', fact: 'A plus is a plus', state: 'not yet' } as const]
    expect(contractProblems({ sections, rows }, new Set(['answers HEAD']))).toEqual([])
  })

  it('are incomplete without a row for a section', () => {
    expect(contractProblems({ sections, rows: [works] }, new Set(['answers HEAD']))).toEqual(['§2 Grammar has no row'])
  })

  it('must name a test that exists', () => {
    const rows = [works, { section: '2', fact: 'A plus is a plus', state: 'differs' } as const]
    const problems = contractProblems({ sections, rows }, new Set())
    expect(problems).toEqual([
      '§1 “HEAD is GET without body” names a test that does not exist: “answers HEAD”',
      '§2 “A plus is a plus” differs, but names no test',
    ])
  })

  it('must stand in a section of the contract', () => {
    const rows = [works, { ...works, section: '9' }]
    expect(contractProblems({ sections: sections.slice(0, 1), rows }, new Set(['answers HEAD']))).toHaveLength(1)
  })

  it('become a page whose cells cannot break the table', () => {
    const rows = [{ ...works, fact: 'a | b <c>' }]
    expect(compatPage({ dialect: 'pixboost', sections, rows })).toContain(
      '| a \\| b &lt;c> | works |  | answers HEAD |',
    )
  })
})

describe('the titles of tests', () => {
  it('are found whatever the test is called', () => {
    const source = `
      test('one', () => {})
      it.skip("two's", () => {})
      describe.each([[1, (2)]])('three %s', () => {})
      it.skipIf(missing('x'))(\`four\`, () => {})
      it('fi\\'ve', () => {})`
    expect(titlesIn(source)).toEqual(['one', "two's", 'three %s', 'four', "fi've"])
  })
})
