/** Rows in aligned columns under a heading, for people; empty cells show a dash. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const filled = rows.map((row) => row.map((cell) => plain(cell === '' ? '–' : cell)))
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...filled.map((row) => (row[column] ?? '').length)),
  )
  return [heading, ...filled]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Text that cannot move the cursor or change the colours of the terminal it is shown on. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}')
}
