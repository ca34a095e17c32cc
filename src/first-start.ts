/** The first start without any configuration: a project over a folder of painted pictures, and what the index page shows of it. */
import { resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Catalog } from './catalog/catalog.ts'
import type { Connection, Directory } from './catalog/model.ts'
import type { Gallery, Operation } from './console/index-page/index-page.ts'
import type { Delivering } from './delivery/create.ts'
import { createDemo } from './demo/pictures.ts'
import { readPicture } from './dialects/pixboost/request.ts'
import { encodeRaw } from './engine/encode-raw.ts'
import { Fault } from './faults.ts'
import type { ObjectStore } from './storage/object-store.ts'

export type Demo = {
  readonly project: string
  readonly key: string
  readonly connection: Connection
  readonly folder: string
}

const DEMO = { project: 'demo', alias: 'local' }

/** Without any configuration the first start makes a project over the folder `pictures`; later ones find it again. */
export async function demoProject(catalog: Catalog): Promise<Demo | undefined> {
  const folder = resolve('pictures')
  if (catalog.listProjects().length === 0) {
    await catalog.createProject(DEMO.project)
    await catalog.addKey(DEMO.project, { label: 'Key 1' })
    await catalog.addConnection(
      DEMO.project,
      { alias: DEMO.alias, provider: 'folder', path: folder, name: 'Pictures of this computer', write: true },
      { operator: true },
    )
  }
  const project = catalog.directory.project(DEMO.project)
  const connection = project?.connections.find(({ alias, path }) => alias === DEMO.alias && path === folder)
  const key = project?.keys[0]?.publicKey
  return connection && key !== undefined ? { project: DEMO.project, key, connection, folder } : undefined
}

/** Paints what is missing beside the running server, then says what to open. */
export async function paint(demo: Demo, publicUrl: string, log: Logger): Promise<void> {
  const say = (text: string) => process.stdout.write(`${text}\n`)
  say(`\n  Tintype is running: ${publicUrl}/\n\n  Painting a few pictures into ${demo.folder} …`)
  try {
    const pictures = await createDemo({ directory: demo.folder, encode: encodeRaw })
    const [first] = pictures
    if (first === undefined) return
    const url = (operation: Operation, size?: string) => publicUrl + picturePath(demo, first.name, operation, size)
    say(`  Done. Put your own pictures there too, then open\n
    ${publicUrl}/
    ${url('resize', '400')}
    ${url('fit', '300x300')}
    ${url('optimise')}\n`)
  } catch (err) {
    log.warn({ err }, 'the demo pictures could not be painted')
  }
}

function picturePath({ connection, key }: Demo, name: string, operation: Operation, size?: string): string {
  const query = `auth=${key}`
  const path = name.split('/').map(encodeURIComponent).join('/')
  return `/api/2/img/${connection.alias}/${path}/${operation}?${size === undefined ? query : `size=${size}&${query}`}`
}

/** Pictures on the index page at most. */
const SHOWN = 60

/** The folder's pictures for the index page, measured by really delivering them. */
export function createGallery(
  demo: Demo,
  { directory, delivery, store }: { directory: Directory; delivery: Delivering; store: ObjectStore },
): Gallery {
  async function weigh(name: string, operation: Operation, accept: string, signal: AbortSignal) {
    const senses = {
      avif: accept.includes('avif'),
      webp: accept.includes('webp'),
      jxl: false,
      saveData: false,
      gzip: false,
    }
    const target = picturePath(demo, name, operation)
    const reading = readPicture(target, { ...senses, scheme: 'http' }, directory, undefined)
    if (reading.kind !== 'picture') throw new Fault('not-found', 'the picture cannot be asked for')
    const { size, contentType } = await delivery.deliver(reading.delivery, signal)
    return { bytes: size, type: contentType }
  }
  return {
    async pictures() {
      const { entries } = await store.list('', { limit: SHOWN })
      return entries
        .filter(({ key }) => /\.(jpe?g|png|gif|webp|avif|tiff?|bmp|svg)$/i.test(key))
        .map(({ key }) => ({ name: key, title: key.replace(/\.[^.]+$/, '').replaceAll('-', ' ') }))
    },
    path: ({ name }, operation, size) => picturePath(demo, name, operation, size),
    original: ({ name }, signal) => weigh(name, 'asis', '', signal),
    delivered: ({ name }, accept, signal) => weigh(name, 'optimise', accept, signal),
  }
}
