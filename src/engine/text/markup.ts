/** What Pango's markup takes literally; everything else in a caller's text is text. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A caller's text without what cannot be written: control characters but line breaks and tabs, halves of characters. */
export function writable(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, '')
  )
}

/** A text as Pango markup that shows exactly this text. `lineHeight` in pixels at 72 dots per inch. */
export function markup(
  text: string,
  { strikethrough, lineHeight }: { strikethrough: boolean; lineHeight?: number | undefined },
): string {
  const inert = text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
  // Pango takes numbers up to 1024 for a factor, larger ones for 1/1024 pixels.
  const spacing = lineHeight === undefined ? '' : ` line_height="${Math.max(1025, Math.round(1024 * lineHeight))}"`
  return strikethrough || spacing
    ? `<span${strikethrough ? ' strikethrough="true"' : ''}${spacing}>${inert}</span>`
    : inert
}

/** Whether the first letter with a direction is written from right to left, which makes that the text's own direction. */
export function isRightToLeft(text: string): boolean {
  const first = /[\p{L}]/u.exec(text)?.[0]
  return (
    first !== undefined &&
    /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(first)
  )
}
