import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical.ts'
import { normalForm } from './normal-form.ts'
import type { Plan } from './plan.ts'

/** Goes up whenever the same Plan comes to mean other pixels, so that results cached before are not taken for it. */
const MEANING = 1

/** 128 bits in hex that are equal for Plans of equal meaning (see `normalForm`). Fault bad-parameter as `normalForm`. */
export function digest(plan: Plan): string {
  const hash = createHash('sha256')
    .update(`plan ${MEANING}\n`)
    .update(canonicalJson(normalForm(plan)))
  return hash.digest('hex').slice(0, 32)
}
