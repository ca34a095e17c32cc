/**
 * The transformation string (imagekit §3): text ⇄ syntax tree. This file knows commas, colons, layers and conditions, not
 * what any parameter means. Parsing is linear in the length of the text; `MAX_ITEMS`, `MAX_STEPS` and `MAX_DEPTH` bound it.
 */
import { Fault } from '../../faults.ts'

/** Steps joined by `:`; each works on the output of the one before. */
export type Chain = readonly Step[]
/** Items joined by `,`. Never empty. */
export type Step = readonly Item[]
export type Item = Param | LayerBlock | IfBlock
/** `w-300` is key `w`, value `300`; effects carry their name in the key: `e-shadow`. Flags without a value have `null`. */
export type Param = { readonly kind: 'param'; readonly key: string; readonly value: string | null }
/** `l-image,…,l-end`; the first step begins with the layer's own parameters. */
export type LayerBlock = { readonly kind: 'layer'; readonly type: string; readonly steps: Chain }
/** `if-w_gt_100,…,if-else,…,if-end`. */
export type IfBlock = {
  readonly kind: 'if'
  readonly condition: string
  readonly chain: Chain
  readonly otherwise?: Chain
}

/** Steps after names are expanded. */
export const MAX_STEPS = 2000
/** Items after names are expanded: what keeps one step from growing without end. */
export const MAX_ITEMS = 10_000
/** Blocks inside blocks: three layers (imagekit §12), each perhaps within a condition. */
const MAX_DEPTH = 8

/** How a stored name is written out; undefined when no such name is enabled. */
export type Names = (name: string) => string | undefined

/** What parsing looked at: linear in the text, whatever the text is. */
export type Effort = { items: number; steps: number }

/**
 * Reads a chain. Names (`n-…`) are expanded textually at their place, so a name may hold several steps (imagekit §7.1).
 * An empty text is the empty chain.
 * @throws Fault bad-parameter for anything that is not of the grammar, unknown or self-referring names, and too much of it
 */
export function parseChain(
  text: string,
  names: Names = () => undefined,
  effort: Effort = { items: 0, steps: 0 },
): Chain {
  const tokens: Token[] = []
  scan(text, names, [], tokens, effort)
  if (tokens.length === 0) return []
  const reader: Reader = { tokens, at: 0 }
  const chain = readChain(reader, 0)
  const rest = reader.tokens[reader.at]
  if (rest !== undefined) throw invalid(`'${rest.text}' has no beginning`, rest.text)
  return chain
}

/** Writes a chain as `parseChain` reads it. */
export function printChain(chain: Chain): string {
  return chain.map((step) => step.map(printItem).join(',')).join(':')
}

/** Whether every item of the text is a named transformation (imagekit §11.3, §11.4). The empty text is not. */
export function isWhollyNamed(text: string): boolean {
  return text !== '' && text.split(/[,:]/).every((item) => item.startsWith('n-') && item.length > 2)
}

function printItem(item: Item): string {
  switch (item.kind) {
    case 'param':
      return item.value === null ? item.key : `${item.key}-${item.value}`
    case 'layer':
      return `l-${item.type}${printBody(item.steps)},l-end`
    case 'if':
      return `if-${item.condition},${printChain(item.chain)}${item.otherwise === undefined ? '' : `,if-else,${printChain(item.otherwise)}`},if-end`
  }
}

function printBody(steps: Chain): string {
  return steps.length === 0 ? '' : `,${printChain(steps)}`
}

type Token = { readonly text: string /** What stands before the item. */; readonly after: 'start' | ',' | ':' }

/** Splits into items and writes names out, depth first, so that a name growing without end is stopped at the limits. */
function scan(text: string, names: Names, open: readonly string[], out: Token[], effort: Effort): void {
  let begin = 0
  let after: Token['after'] = out.length === 0 ? 'start' : ','
  const inherited = open.length > 0 ? out.pop() : undefined
  if (inherited !== undefined) after = inherited.after
  if (text === '') return
  for (let i = 0; i <= text.length; i++) {
    const char = text[i]
    if (char !== ',' && char !== ':' && char !== undefined) continue
    const item = text.slice(begin, i)
    if (item === '') throw invalid('a transformation has an empty place between its separators', text.slice(0, 80))
    count(effort, after)
    out.push({ text: item, after })
    if (item.startsWith('n-')) expand(item.slice(2), names, open, out, effort)
    after = char === ':' ? ':' : ','
    begin = i + 1
  }
}

function expand(name: string, names: Names, open: readonly string[], out: Token[], effort: Effort): void {
  if (open.includes(name)) throw invalid(`the named transformation '${name}' refers to itself`, `n-${name}`)
  const stored = names(name)
  if (stored === undefined) throw invalid(`there is no named transformation '${name}'`, `n-${name}`)
  const body = stored.startsWith('tr:') ? stored.slice(3) : stored
  if (body === '') throw invalid(`the named transformation '${name}' is empty`, `n-${name}`)
  scan(body, names, [...open, name], out, effort)
}

function count(effort: Effort, after: Token['after']): void {
  effort.items++
  if (after !== ',') effort.steps++
  if (effort.items > MAX_ITEMS || effort.steps > MAX_STEPS) {
    throw new Fault('bad-parameter', `a transformation may have at most ${MAX_STEPS} steps`, {
      context: { parameter: 'tr' },
    })
  }
}

type Reader = { readonly tokens: readonly Token[]; at: number }

/** Reads steps until the end or an item that closes a block; the caller looks at what closed it. */
function readChain(reader: Reader, depth: number): Chain {
  if (depth > MAX_DEPTH) throw invalid('layers and conditions are nested too deeply', 'l')
  const steps: Item[][] = []
  for (
    let token = reader.tokens[reader.at];
    token !== undefined && !isClosing(token.text);
    token = reader.tokens[reader.at]
  ) {
    const item = readItem(reader, depth)
    const step = steps.at(-1)
    if (step === undefined || token.after === ':') steps.push([item])
    else step.push(item)
  }
  return steps
}

function isClosing(text: string): boolean {
  return text === 'l-end' || text === 'if-end' || text === 'if-else'
}

function readItem(reader: Reader, depth: number): Item {
  const text = reader.tokens[reader.at++]?.text ?? ''
  if (text.startsWith('l-')) return readLayer(reader, text.slice(2), depth)
  if (text.startsWith('if-')) return readIf(reader, text.slice(3), depth)
  return readParam(text)
}

function readLayer(reader: Reader, type: string, depth: number): LayerBlock {
  const steps = readChain(reader, depth + 1)
  close(reader, 'l-end', `l-${type}`)
  return { kind: 'layer', type, steps }
}

function readIf(reader: Reader, condition: string, depth: number): IfBlock {
  const chain = readChain(reader, depth + 1)
  if (chain.length === 0) throw invalid('a condition has nothing to do', `if-${condition}`)
  if (reader.tokens[reader.at]?.text !== 'if-else') {
    close(reader, 'if-end', `if-${condition}`)
    return { kind: 'if', condition, chain }
  }
  reader.at++
  const otherwise = readChain(reader, depth + 1)
  if (otherwise.length === 0) throw invalid('a condition has nothing to do otherwise', `if-${condition}`)
  close(reader, 'if-end', `if-${condition}`)
  return { kind: 'if', condition, chain, otherwise }
}

function close(reader: Reader, text: string, opened: string): void {
  if (reader.tokens[reader.at]?.text !== text) throw invalid(`'${opened}' has no '${text}'`, opened)
  reader.at++
}

function readParam(text: string): Param {
  const keyEnd = text.startsWith('e-') ? text.indexOf('-', 2) : text.indexOf('-')
  if (keyEnd === -1) return { kind: 'param', key: text, value: null }
  return { kind: 'param', key: text.slice(0, keyEnd), value: text.slice(keyEnd + 1) }
}

function invalid(message: string, parameter: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter: parameter.slice(0, 80) } })
}
