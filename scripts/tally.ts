import type { TestModule } from 'vitest/node'

/** What came out of a run. A file that could not be loaded, and an error outside of any test, count as failed. */
export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** Counts the tests of a run; `unhandled` is the number of errors outside of any test. */
export function tally(modules: Iterable<TestModule>, unhandled: number): Tally {
  let [passed, failed, skipped] = [0, unhandled, 0]
  for (const module of modules) {
    const failedBefore = failed
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'skipped') skipped += 1
      else failed += 1
    }
    // A failing hook or import fails the module although no test of it says so.
    if (module.state() === 'failed' && failed === failedBefore) failed += 1
  }
  return { passed, failed, skipped }
}

/** The last line of a run, for people and for programs. */
export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
