import { canonicalJson } from './canonical.ts'
import type { Choose, Keep, Output, Unless } from './plan.ts'

/** The part of `normalForm` for outputs: lists without an order are sorted, a negotiation without candidates is what is left. */
export function tidyOutput(output: Output): Output {
  if (output.kind === 'untouched') return output
  return { ...output, choose: tidyChoose(output.choose), metadata: tidyKeep(output.metadata) }
}

function tidyChoose(choose: Choose): Choose {
  if (choose.kind !== 'negotiated') return choose
  const otherwise = tidyChoose(choose.otherwise)
  if (choose.candidates.length === 0) return otherwise
  const candidates = choose.candidates.map(({ format, unless }) => ({ format, unless: tidyReasons(unless) }))
  return { kind: 'negotiated', candidates, otherwise }
}

/** Any one reason is enough, so neither order nor repetition means anything. */
function tidyReasons(reasons: readonly Unless[]): readonly Unless[] {
  const byText = new Map(reasons.map(tidyReason).map((reason) => [canonicalJson(reason), reason]))
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, reason]) => reason)
}

function tidyReason(reason: Unless): Unless {
  return reason.kind === 'source-format' ? { ...reason, formats: [...new Set(reason.formats)].sort() } : reason
}

function tidyKeep(keep: Keep): Keep {
  if (keep.profile.kind !== 'keep') return keep
  return { ...keep, profile: { kind: 'keep', formats: [...new Set(keep.profile.formats)].sort() } }
}
