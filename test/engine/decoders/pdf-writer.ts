/** A small PDF writer, from the format's documentation (ISO 32000-1). Everything in points; y counts from the top, unlike in PDF. */

export type Rectangle = {
  readonly colour: readonly number[]
  readonly box: readonly [x: number, y: number, w: number, h: number]
}
export type Page = {
  readonly width: number
  readonly height: number
  readonly rectangles?: readonly Rectangle[]
  /** Degrees clockwise. */
  readonly rotate?: number
  /** Content instead of rectangles. */
  readonly content?: string
}
export type PdfOptions = {
  /** Says to be encrypted with an unknown password. */
  readonly locked?: boolean
  /** Further objects, from number 100 on; named /X100 … in every page's resources. */
  readonly forms?: readonly string[]
}

export function writePdf(pages: readonly Page[], { locked = false, forms = [] }: PdfOptions = {}): Buffer {
  const names = forms.map((_, i) => `/X${100 + i} ${100 + i} 0 R`).join(' ')
  const objects = new Map<number, string>([
    [1, '<< /Type /Catalog /Pages 2 0 R >>'],
    [2, `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, i) => `${10 + 2 * i} 0 R`).join(' ')}] >>`],
  ])
  for (const [i, page] of pages.entries()) {
    const { width, height, rectangles = [], rotate = 0, content } = page
    const drawn = content ?? rectangles.map((one) => paint(one, height)).join('\n')
    objects.set(
      10 + 2 * i,
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Rotate ${rotate} /Contents ${11 + 2 * i} 0 R /Resources << /XObject << ${names} >> >> >>`,
    )
    objects.set(11 + 2 * i, stream('', drawn))
  }
  for (const [i, form] of forms.entries()) {
    const head = `/Type /XObject /Subtype /Form /BBox [0 0 1000 1000] /Resources << /XObject << ${names} >> >>`
    objects.set(100 + i, stream(head, form))
  }
  const secret = `<${'ab'.repeat(32)}>`
  const encrypt = `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ${secret} /U ${secret} >> /ID [<00> <00>]`
  return assemble(objects, locked ? encrypt : '')
}

function paint({ colour, box: [x, y, w, h] }: Rectangle, height: number): string {
  const rgb = colour.map((value) => (value / 255).toFixed(4)).join(' ')
  return `${rgb} rg ${x} ${height - y - h} ${w} ${h} re f`
}

function stream(head: string, content: string): string {
  return `<< ${head} /Length ${content.length} >>\nstream\n${content}\nendstream`
}

function assemble(objects: ReadonlyMap<number, string>, more: string): Buffer {
  let text = '%PDF-1.7\n'
  const offsets = new Map<number, number>()
  for (const [number, body] of objects) {
    offsets.set(number, text.length)
    text += `${number} 0 obj\n${body}\nendobj\n`
  }
  const start = text.length
  const entries = [...offsets].map(([number, at]) => `${number} 1\n${String(at).padStart(10, '0')} 00000 n \n`)
  text += `xref\n0 1\n0000000000 65535 f \n${entries.join('')}`
  text += `trailer\n<< /Size 200 /Root 1 0 R ${more} >>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}
