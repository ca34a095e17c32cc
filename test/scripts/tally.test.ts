import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { tallyLine } from '../../scripts/tally.ts'
import { skipped, skipSummary } from '../support/skips.ts'

afterEach(() => vi.unstubAllEnvs())

describe('the last line of a run', () => {
  it.each([
    [{ passed: 3, failed: 0, skipped: 0 }, '3 passed, 0 failed'],
    [{ passed: 3, failed: 1, skipped: 2 }, '3 passed, 1 failed, 2 skipped'],
  ])('of %o is “%s”', (result, line) => expect(tallyLine(result)).toBe(line))
})

describe('a missing part', () => {
  it('is told once at the end, with the command that enables it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tintype-skips-'))
    const report = join(folder, 'skips')
    vi.stubEnv('CI', '')
    vi.stubEnv('TINTYPE_SKIPS_FILE', report)
    expect(skipped('versitygw')).toBe(true)
    skipped('versitygw')
    expect(skipSummary(report)).toEqual([
      'Skipped, because a real part is missing:',
      expect.stringContaining('go install github.com/versity/versitygw'),
    ])
    rmSync(folder, { recursive: true })
  })

  it('is an error with CI=true', () => {
    vi.stubEnv('CI', 'true')
    expect(() => skipped('postgres')).toThrow('postgresql')
  })
})
