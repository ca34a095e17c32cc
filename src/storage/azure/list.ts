import { Fault } from '../../faults.ts'
import type { ObjectEntry } from '../object-store.ts'

export type Page = { readonly entries: readonly ObjectEntry[]; readonly marker: string | undefined }

/**
 * Reads the XML of "List Blobs". Only this one machine-made form is understood: no namespaces, no CDATA, no nesting of the
 * elements that are looked at. Throws Fault source-refused for anything else.
 */
export function readPage(xml: string): Page {
  if (!xml.includes('<EnumerationResults')) throw new Fault('source-refused', 'the listing is not what Azure answers')
  const entries = [...xml.matchAll(/<Blob>([\s\S]*?)<\/Blob>/g)].map(([, blob = '']) => readBlob(blob))
  const marker = element(xml, 'NextMarker')
  return { entries, marker: marker === '' ? undefined : marker }
}

function readBlob(xml: string): ObjectEntry {
  const size = Number(element(xml, 'Content-Length'))
  const modified = new Date(element(xml, 'Last-Modified') ?? '')
  const etag = element(xml, 'Etag')
  return {
    key: nameOf(xml),
    size: Number.isSafeInteger(size) ? size : 0,
    lastModified: Number.isNaN(modified.getTime()) ? undefined : modified,
    // Listings leave out the quotes that the header has.
    etag: etag === undefined || etag === '' ? undefined : etag.startsWith('"') ? etag : `"${etag}"`,
  }
}

function nameOf(xml: string): string {
  const name = element(xml, 'Name') ?? ''
  // Names with characters that XML cannot hold come escaped.
  if (!/<Name Encoded="true">/.test(xml)) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1]
  return found === undefined ? undefined : unescaped(found)
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name = '') => {
      if (hex === undefined && decimal === undefined) return ENTITIES[name] ?? whole
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return point > 0x10ffff ? whole : String.fromCodePoint(point)
    },
  )
}
