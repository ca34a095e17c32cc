/** The text of a file → plain values, with the line on which each of them stands. */
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Mistake, Path } from './mistakes.ts'

export type YamlTree = {
  /** Plain objects, arrays and scalars; undefined for an empty file. */
  readonly root: unknown
  /** The line (from 1) of the value at `path`, of its key, or of the nearest thing above that exists. */
  lineOf(path: Path): number
  /** What YAML itself finds wrong: syntax, keys given twice. */
  readonly mistakes: readonly Mistake[]
}

/** Parses YAML 1.2. Never throws: what is wrong stands in `mistakes`. */
export function parseYaml(text: string): YamlTree {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const problems = [...document.errors, ...document.warnings]
  const mistakes = problems.map((problem) => ({
    key: '',
    place: { line: lineAt(problem.pos[0]) },
    expected: problem.code === 'DUPLICATE_KEY' ? 'the same key is given twice' : `not valid YAML: ${problem.message}`,
  }))
  if (mistakes.length > 0) return { root: undefined, lineOf: () => 1, mistakes }

  const lineOf = (path: Path): number => {
    let node: unknown = document.contents
    let line = 1
    for (const step of path) {
      const child: unknown = isSeq(node)
        ? node.items[Number(step)]
        : isMap(node)
          ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === step)
          : undefined
      const marker = isPair(child) ? child.key : child
      if (!isNode(marker) || !marker.range) break
      line = lineAt(marker.range[0])
      node = isPair(child) ? child.value : child
    }
    return line
  }
  try {
    const root: unknown = document.toJS()
    return { root: root ?? undefined, lineOf, mistakes: [] }
  } catch (error) {
    // Aliases that multiply beyond reason ("billion laughs"), or that point nowhere.
    const reason = error instanceof Error ? error.message : 'cannot be read'
    return {
      root: undefined,
      lineOf,
      mistakes: [{ key: '', place: { line: 1 }, expected: `not valid YAML: ${reason}` }],
    }
  }
}
