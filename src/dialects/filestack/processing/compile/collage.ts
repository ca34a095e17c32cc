/** Several pictures on one canvas (filestack §4.3 collage). */
import { Fault } from '../../../../faults.ts'
import type { Place, SourceRef, Step } from '../../../../plan/plan.ts'
import type { TaskNamed } from '../tasks/image-tasks.ts'

type Cell = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** The picture that enters is the first. Pictures are upright whatever `autorotate` says, as everywhere here. */
export function collageSteps(
  { width, height, margin, colour, fit }: TaskNamed<'collage'>,
  files: readonly SourceRef[],
): readonly Step[] {
  const cells = collageCells(files.length + 1, { width, height }, margin)
  const [first, ...rest] = cells
  if (first === undefined || cells.some((cell) => cell.width < 1 || cell.height < 1)) {
    throw new Fault('bad-parameter', 'invalid parameter `margin` for `collage` task: no room is left for the pictures')
  }
  const surround = { kind: 'solid', colour } as const
  const fill = (cell: Cell): Place => ({
    kind: 'place',
    box: { width: cell.width, height: cell.height },
    mode: fit === 'crop' ? 'cover' : 'inside',
    enlarge: true,
    focus: { kind: 'anchor', x: 0.5, y: 0.5 },
    ...(fit === 'auto' && { surround }),
  })
  return [
    ...(colour.alpha === 1 ? [{ kind: 'flatten', colour } as const] : []),
    fill(first),
    {
      kind: 'place',
      box: { width, height },
      mode: 'canvas',
      enlarge: false,
      focus: { kind: 'corner', x: -first.x, y: -first.y },
      surround,
    },
    ...files.flatMap((source, i): readonly Step[] => {
      const cell = rest[i]
      if (cell === undefined) return []
      const edge = (value: number) => ({ value, fromEnd: false, of: 'edge' }) as const
      return [
        {
          kind: 'layer',
          picture: { kind: 'source', source },
          steps: [{ kind: 'orient' }, fill(cell)],
          at: { kind: 'offset', x: edge(cell.x), y: edge(cell.y) },
          blend: 'over',
        },
      ]
    }),
  ]
}

/**
 * A grid whose cells are as square as the canvas allows, in reading order: rows of as equal numbers as possible, the fuller ones last,
 * each row as wide as the canvas; `margin` pixels around and between. Sides below 1 mean that the margins take it all.
 */
export function collageCells(
  count: number,
  canvas: { readonly width: number; readonly height: number },
  margin: number,
): readonly Cell[] {
  const rows = Math.min(count, Math.max(1, Math.round(Math.sqrt((count * canvas.height) / canvas.width))))
  const down = bands(rows, canvas.height, margin)
  return down.flatMap((row, r) => {
    const columns = Math.floor(((r + 1) * count) / rows) - Math.floor((r * count) / rows)
    return bands(columns, canvas.width, margin).map((column) => ({
      x: column.start,
      y: row.start,
      width: column.length,
      height: row.length,
    }))
  })
}

/** Equal parts of a side, to whole pixels. */
function bands(
  count: number,
  side: number,
  margin: number,
): readonly { readonly start: number; readonly length: number }[] {
  const edge = (i: number) => margin + Math.floor((i * (side - margin)) / count)
  return Array.from({ length: count }, (_, i) => ({ start: edge(i), length: edge(i + 1) - margin - edge(i) }))
}
