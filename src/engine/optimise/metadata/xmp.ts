import type { KeepTags } from '../keep.ts'

/**
 * XMP (ISO 16684-1) reduced to named properties. No XML parser sees the packet: the few properties are cut out under the
 * prefixes that every writer uses, read strictly, and a new packet is written from their texts.
 */

type Property = { readonly name: string; readonly form: 'text' | 'list' | 'alternatives' }

const DATE: readonly Property[] = [{ name: 'photoshop:DateCreated', form: 'text' }]
const COPYRIGHT: readonly Property[] = [
  { name: 'dc:creator', form: 'list' },
  { name: 'dc:rights', form: 'alternatives' },
  { name: 'photoshop:Credit', form: 'text' },
]
/** Packets are a few kilobytes; those with embedded previews are larger. */
const MOST_PACKET_BYTES = 2_097_152
const MOST_TEXT = 16_384
const MOST_ITEMS = 64

/** A packet with the properties that `keep` names; undefined when none is there. */
export function narrowXmp(block: Uint8Array, keep: KeepTags): Uint8Array | undefined {
  const wanted = [...(keep.date ? DATE : []), ...(keep.copyright ? COPYRIGHT : [])]
  if (wanted.length === 0 || block.length > MOST_PACKET_BYTES) return undefined
  const packet = Buffer.from(block.buffer, block.byteOffset, block.length).toString('utf8')
  const found = wanted.flatMap((property) => {
    const items = readProperty(packet, property.name)
    return items.length > 0 ? [write(property, items)] : []
  })
  return found.length > 0 ? Buffer.from(envelope(found.join(''))) : undefined
}

type Item = { readonly text: string; readonly language?: string }

/** Items of a property in element form, or its text in attribute form. Nothing when it is written in a way we do not know. */
function readProperty(packet: string, name: string): readonly Item[] {
  const open = packet.indexOf(`<${name}>`)
  if (open >= 0) {
    const start = open + name.length + 2
    const end = packet.indexOf(`</${name}>`, start)
    return end < 0 || end - start > MOST_TEXT ? [] : readItems(packet.slice(start, end))
  }
  const attribute = packet.indexOf(`${name}="`)
  if (attribute < 0) return []
  const start = attribute + name.length + 2
  const end = packet.indexOf('"', start)
  return end < 0 || end - start > MOST_TEXT ? [] : asText(packet.slice(start, end))
}

const ITEM = /<rdf:li(?:\s+xml:lang=["']([A-Za-z0-9-]{1,35})["'])?\s*>([^<]*)<\/rdf:li>/y

function readItems(content: string): readonly Item[] {
  const list = /^\s*<rdf:(Alt|Seq|Bag)>/.exec(content)
  if (!list) return asText(content)
  const items: Item[] = []
  let at = list[0].length
  while (items.length < MOST_ITEMS) {
    while (at < content.length && /\s/.test(content.charAt(at))) at++
    ITEM.lastIndex = at
    const item = ITEM.exec(content)
    if (!item) break
    at = ITEM.lastIndex
    const [text] = asText(item[2] ?? '')
    if (text) items.push(item[1] === undefined ? text : { ...text, language: item[1] })
  }
  return items
}

function asText(content: string): readonly Item[] {
  const text = content.includes('<') ? undefined : decodeEntities(content).trim()
  return text ? [{ text }] : []
}

function write({ name, form }: Property, items: readonly Item[]): string {
  const [first] = items
  if (form === 'text') return `<${name}>${encodeEntities(first?.text ?? '')}</${name}>`
  const container = form === 'list' ? 'Seq' : 'Alt'
  const lines = items.map(({ text, language }) => {
    const spoken = form === 'alternatives' ? ` xml:lang="${language ?? 'x-default'}"` : ''
    return `<rdf:li${spoken}>${encodeEntities(text)}</rdf:li>`
  })
  return `<${name}><rdf:${container}>${lines.join('')}</rdf:${container}></${name}>`
}

function envelope(properties: string): string {
  return (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""' +
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">' +
    `${properties}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`
  )
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g, (_, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? ''
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })
}

/** Characters that XML 1.0 cannot hold are left out. */
function encodeEntities(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>]/g, (character) => (character === '&' ? '&amp;' : character === '<' ? '&lt;' : '&gt;'))
}
