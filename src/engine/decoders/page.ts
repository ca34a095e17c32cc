import { Fault } from '../../faults.ts'

/** Fault bad-parameter unless the file has this page (1-based). */
export function requirePage(page: number, pages: number): void {
  if (Number.isInteger(page) && page >= 1 && page <= pages) return
  throw new Fault('bad-parameter', 'the picture does not have this page', { context: { page, pages } })
}
