/** A transformation string → a Plan (imagekit §3 to §9). Pure: where assets lie is asked of the caller. */
import type { ImageSettings } from '../../catalog/model.ts'
import { Fault } from '../../faults.ts'
import type { FrameSelect, Plan, SourceRef, Step } from '../../plan/plan.ts'
import type { Chain, IfBlock, Step as Items, LayerBlock } from './chain.ts'
import { compileLayer, usesExpressions } from './layers.ts'
import { compileOutput, isOpaqueFormat } from './output.ts'
import { readValues } from './parameters.ts'
import { applyHints, type Hinted, type Senses } from './senses.ts'
import { transformSteps } from './steps.ts'
import { condition } from './values.ts'
import type { Context, Values } from './vocabulary.ts'

export type CompileOptions = {
  readonly settings: ImageSettings
  readonly senses: Senses
  /** A page of a document is wanted as a picture (`/ik-thumbnail.jpg`). */
  readonly thumbnail: boolean
  /** Where an overlay or a font of the account lies. */
  readonly source: (path: string) => SourceRef
}

export type Compiled = {
  readonly plan: Plan
  /** Path of the picture to be served in place of a missing one. */
  readonly defaultImage?: string
  /** The format hangs on `Accept`. */
  readonly negotiated: boolean
  readonly hinted: Hinted
}

/** Layers in layers (imagekit §12). */
const DEEPEST_LAYER = 3
/** Steps that work through all pixels, layers' own included: each takes its time, and nobody means more. */
const MOST_WORK = 200
/** Image layers lose their edges unless `t` says otherwise (imagekit §6.3). */
const LAYER_TRIM = 10
const UNTOUCHED: Plan = { frame: { kind: 'all' }, steps: [], output: { kind: 'untouched' } }
const NO_HINTS: Hinted = { dpr: false, width: false }

/** The stored bytes as they are: `orig-true`, and files that are no pictures. */
export function compileUntouched(): Compiled {
  return { plan: UNTOUCHED, negotiated: false, hinted: NO_HINTS }
}

/** @throws Fault bad-parameter and unsupported, whose context names the parameter */
export function compileChain(chain: Chain, options: CompileOptions): Compiled {
  if (isOriginal(chain)) return compileUntouched()
  const { settings, senses } = options
  const saving = settings.dataSaver && senses.saveData
  const said = allValues(chain, options)
  const found: Found = { hinted: NO_HINTS }
  const at: Place = {
    context: 'base',
    first: true,
    opaque: isOpaqueFormat(said),
    depth: 0,
    branch: false,
    saving,
    found,
    options,
    own: () => undefined,
  }
  const steps = [
    ...(settings.autoOrient ? [{ kind: 'orient' } as const] : []),
    ...capSteps(chain, settings),
    ...chainSteps(chain, at),
  ]
  if (workOf(steps) > MOST_WORK) {
    throw new Fault('bad-parameter', `a transformation may rework the picture ${MOST_WORK} times`, {
      context: { parameter: 'tr', limit: MOST_WORK },
    })
  }
  const { output, negotiated } = compileOutput(said, settings, steps, saving)
  return {
    plan: { frame: frameOf(said, options.thumbnail), steps, output },
    ...(said.defaultImage !== undefined && { defaultImage: said.defaultImage }),
    negotiated,
    hinted: found.hinted,
  }
}

/** Turns and mirrors by right angles are put together, whatever their number. */
function workOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    switch (step.kind) {
      case 'orient':
      case 'mirror':
        return sum
      case 'rotate':
        return step.degrees % 90 === 0 ? sum : sum + 1
      case 'branch':
        return sum + step.cases.reduce((most, one) => Math.max(most, workOf(one.steps)), workOf(step.otherwise))
      case 'layer':
        return sum + 1 + workOf(step.steps)
      default:
        return sum + 1
    }
  }, 0)
}

type Found = { hinted: Hinted }
type Place = {
  readonly context: Context
  readonly first: boolean
  readonly opaque: boolean
  readonly depth: number
  /** Inside of a condition. */
  readonly branch: boolean
  readonly saving: boolean
  readonly found: Found
  readonly options: CompileOptions
  /** Takes note of what a layer says of itself. */
  readonly own: (values: Values) => void
}

function chainSteps(chain: Chain, at: Place): readonly Step[] {
  return chain.flatMap((items, i) => itemSteps(items, { ...at, first: at.first && i === 0 }))
}

function itemSteps(items: Items, at: Place): readonly Step[] {
  const condition = items.find((item) => item.kind === 'if')
  if (condition !== undefined) {
    if (items.length > 1) throw refused('if', 'a condition stands alone in its step')
    return [branch(condition, at)]
  }
  const params = items.filter((item) => item.kind === 'param')
  const read = readValues(params, at.context, unknownOf(at.options.settings))
  if (at.branch) refuseInBranch(read)
  const { values, hinted } = applyHints(read, at.options.senses, at.saving)
  at.found.hinted = joined(at.found.hinted, hinted)
  at.own(values)
  const layers = items.filter((item) => item.kind === 'layer')
  for (const layer of layers) {
    if (items.length > 1 && usesExpressions(layer)) {
      throw refused(`l-${layer.type}`, 'a layer that uses expressions stands alone in its step')
    }
  }
  return [...transformSteps(values, at), ...layers.map((layer) => layerStep(layer, at))]
}

function branch(block: IfBlock, at: Place): Step {
  const inside = { ...at, branch: true }
  return {
    kind: 'branch',
    cases: [{ when: condition(block.condition), steps: chainSteps(block.chain, inside) }],
    otherwise: block.otherwise === undefined ? [] : chainSteps(block.otherwise, inside),
  }
}

function layerStep(block: LayerBlock, at: Place): Step {
  const depth = at.depth + 1
  if (depth > DEEPEST_LAYER) throw refused(`l-${block.type}`, `layers may be nested ${DEEPEST_LAYER} deep`)
  const { settings, source } = at.options
  const within: Place = { ...at, first: true, opaque: false, depth, branch: false, context: 'image' }
  return compileLayer(block, {
    source,
    unknown: unknownOf(settings),
    autoOrient: settings.autoOrient,
    chain: (layer, own) => chainSteps(trimmed(layer.steps), { ...within, own }),
    nested: (layer) =>
      layer.steps.flat().flatMap((item) => {
        if (item.kind === 'if') throw refused('if', 'a text or a block has no conditions')
        return item.kind === 'layer' ? [layerStep(item, within)] : []
      }),
  })
}

function trimmed(chain: Chain): Chain {
  const says = chain.flat().some((item) => item.kind === 'param' && item.key === 't')
  const [first = [], ...rest] = chain
  return says ? chain : [[{ kind: 'param', key: 't', value: String(LAYER_TRIM) }, ...first], ...rest]
}

/** What holds for the whole chain; of a key that comes again the last one counts. */
function allValues(chain: Chain, { settings }: CompileOptions): Values {
  let known: Values = {}
  for (const items of chain) {
    const params = items.filter((item) => item.kind === 'param')
    known = { ...known, ...readValues(params, 'base', unknownOf(settings)) }
  }
  return known
}

/** Whether the stored bytes are wanted; then nothing else counts (imagekit §4.4). */
function isOriginal(chain: Chain): boolean {
  return chain.flat().some((item) => item.kind === 'param' && item.key === 'orig' && item.value === 'true')
}

function frameOf({ page }: Values, thumbnail: boolean): FrameSelect {
  if (page !== undefined) return { kind: 'page', page }
  return thumbnail ? { kind: 'first' } : { kind: 'all' }
}

/** The account's largest size, where the URL asks for none (imagekit §1.2). */
function capSteps(chain: Chain, { maxWidth, maxHeight }: ImageSettings): readonly Step[] {
  if ((maxWidth === 0 && maxHeight === 0) || asksForSize(chain)) return []
  const box = { ...(maxWidth > 0 && { width: maxWidth }), ...(maxHeight > 0 && { height: maxHeight }) }
  return [{ kind: 'place', box, mode: 'inside', enlarge: false, focus: { kind: 'anchor', x: 0.5, y: 0.5 } }]
}

function asksForSize(chain: Chain): boolean {
  return chain.flat().some((item) => {
    if (item.kind === 'if') return asksForSize(item.chain) || asksForSize(item.otherwise ?? [])
    return item.kind === 'param' && (item.key === 'w' || item.key === 'h')
  })
}

/** The file that is written cannot hang on a condition: its format is negotiated before the picture is looked at. */
const WHOLE_FILE = {
  quality: 'q',
  format: 'f',
  progressive: 'pr',
  lossless: 'lo',
  keepProfile: 'cp',
  keepMetadata: 'md',
  density: 'dn',
  defaultImage: 'di',
  page: 'pg',
} as const satisfies Partial<Record<keyof Values, string>>

function refuseInBranch(values: Values): void {
  for (const [name, key] of Object.entries(WHOLE_FILE)) {
    if (Object.hasOwn(values, name)) {
      throw new Fault('unsupported', `${key} is not available inside of a condition`, { context: { parameter: key } })
    }
  }
}

function joined(before: Hinted, now: Hinted): Hinted {
  const contentDpr = now.contentDpr ?? before.contentDpr
  return {
    dpr: before.dpr || now.dpr,
    width: before.width || now.width,
    ...(contentDpr !== undefined && { contentDpr }),
  }
}

function unknownOf({ unknownParameters }: ImageSettings): 'refuse' | 'drop' {
  return unknownParameters === 'ignore' ? 'drop' : 'refuse'
}

function refused(parameter: string, message: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter } })
}
