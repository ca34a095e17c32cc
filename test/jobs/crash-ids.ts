/** The id of the n-th job, so that a process that was killed may add it again. */
export function idOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}
