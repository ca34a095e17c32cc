import { createHash } from 'node:crypto'
import type { Publish, Push, Version } from '../../optimizer/optimizer.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Colour, OutputFormat, SourceFormat, Step } from '../../plan/plan.ts'
import { refusing, SVG_TO_WEBP, TYPE_REFUSED } from './faults.ts'
import type { ResultWish, Wish } from './parameters.ts'

/** Formats taken in (kraken §5). PDF is not optimised here. */
const INPUT: readonly SourceFormat[] = ['jpeg', 'png', 'gif', 'webp', 'svg', 'avif', 'heic']
const WHITE: Colour = { r: 255, g: 255, b: 255, alpha: 1 }

/**
 * The versions that a request asks for of a known picture. Pure. Faults of status 415 for types that are not taken.
 *
 * @param name of the picture as the answer will say it
 * @param id under which a single result without a store is published, and from which the members of a set have theirs: work that
 * is done again replaces what it had published
 */
export function compileVersions(
  wish: Wish,
  facts: Facts,
  { name, id }: { readonly name: string; readonly id: string | undefined },
): readonly [Version, ...Version[]] {
  if (!INPUT.includes(facts.format)) throw refusing(TYPE_REFUSED)
  if (wish.webp && facts.format === 'svg') throw refusing(SVG_TO_WEBP)
  const { results, store } = wish
  const version = (one: ResultWish, versionId: string, into: Publish | Push): Version => {
    const format = formatOf(wish)
    return {
      id: versionId,
      frame: { kind: 'all' },
      steps: wish.autoOrient ? [ORIENT, ...one.steps] : one.steps,
      format,
      compression: compressionOf(wish, one),
      keep: wish.keep,
      colour: 'as-stored',
      background: wish.convert?.background ?? WHITE,
      name: { text: name, keepExtension: wish.convert?.keepExtension ?? false },
      into,
    }
  }
  const push = (key: string): Push | undefined =>
    store && { kind: 'push', target: store.target, key, options: store.options }

  if (results.kind === 'one') {
    return [
      version(results.result, '', push(store?.path ?? '') ?? { kind: 'publish', ...(id !== undefined && { id }) }),
    ]
  }
  const [first, ...rest] = results.results.map((one) =>
    version(
      one,
      one.id,
      push(one.storagePath ?? '') ?? { kind: 'publish', ...(id !== undefined && { id: memberId(id, one.id) }) },
    ),
  )
  if (first === undefined) throw refusing(TYPE_REFUSED)
  return [first, ...rest]
}

function memberId(id: string, member: string): string {
  return createHash('sha256').update(`${id}/${member}`).digest('hex').slice(0, 32)
}

const ORIENT: Step = { kind: 'orient' }

/** `webp` wins over another format (kraken §5). */
function formatOf({ webp, convert }: Wish): OutputFormat | 'source' {
  return webp ? 'webp' : (convert?.format ?? 'source')
}

/** The flag `webp` promises no loss, `convert` does not (kraken §5). */
function compressionOf({ webp }: Wish, { compression }: ResultWish): Version['compression'] {
  return webp && compression.kind === 'lossless' ? { ...compression, forced: 'exact' } : compression
}
