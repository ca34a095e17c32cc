/** Text that is HTML already. */
export type Html = { readonly html: string }

/** A template whose values are escaped unless they are HTML themselves. Lists are joined; undefined leaves nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: parts.reduce((text, part, index) => `${text}${render(values[index - 1])}${part}`) }
}

type HtmlValue = string | number | Html | readonly Html[] | undefined

function render(value: HtmlValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return 'html' in value ? value.html : value.map((item) => item.html).join('')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
