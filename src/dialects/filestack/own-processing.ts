/** Processing URLs of this server as sources of stored files: worked on here, without a request to ourselves (filestack §1.1). */
import { Fault } from '../../faults.ts'
import type { Exchange } from '../../http/exchange.ts'
import { findApp } from './app.ts'
import type { Credentials } from './authority.ts'
import type { Context, Downloaded } from './context.ts'
import { typeOf } from './names.ts'
import type { Parameters } from './parameters.ts'
import { readChain } from './processing/chain.ts'
import type { Order, Work } from './processing/order.ts'
import { parametersOfUrl, requestOfUrl } from './processing/own-urls.ts'
import { deliver, flowing, UNTOUCHED } from './processing/picture.ts'
import { type Ready, type Result, resultOf } from './processing/result.ts'
import { prepare } from './processing/run.ts'
import type { UrlRequest } from './url-source.ts'

/** What a processing URL of this server comes to; nothing for any other URL. Throws PolicyRefusal; Faults of the work. */
export type Processed = (exchange: Exchange, request: UrlRequest) => Promise<Downloaded | undefined>

/**
 * The URL is judged by its own policy, as a request for it would be; by the caller's where it has none and belongs to the same project.
 * Fault bad-parameter for tasks that make no file: a URL that stores, reports, or packs is to be asked for by itself.
 */
export function createProcessed(context: Context): Processed {
  return async (exchange, { url, app: caller, credentials: given }) => {
    const isKey = (text: string) => findApp(context.directory, text) !== undefined
    const inner = requestOfUrl(context.publicUrl(), url, isKey)
    if (inner === undefined || inner.source.kind === 'list') return undefined
    const chain = readChain(inner.tasks)
    const { store, fallback, metadata, imagesize, zip } = chain
    if ((store ?? fallback ?? metadata) !== undefined || imagesize || zip) {
      throw new Fault('bad-parameter', 'a source of this server may have image tasks only')
    }
    const parameters = parametersOfUrl(url)
    const app = inner.apikey === undefined ? undefined : findApp(context.directory, inner.apikey)
    const brings = parameters.text('policy', 'signature') !== undefined
    const own = app === undefined || app.project.id === caller.project.id
    const order: Order = {
      ...{ chain, parameters, sources: [{ source: inner.source }], isList: false },
      ...(app !== undefined && { app }),
      credentials: brings ? pairOf(parameters) : own ? given : {},
    }
    // Nobody's file is made available by another project's credentials.
    const work: Work = { context, exchange, door: { project: app?.project.id ?? caller.project.id } }
    const ready = await prepare(work, order, () => undefined)
    return fileOf(work, ready, await resultOf(work, ready))
  }

  async function fileOf(work: Work, ready: Ready, result: Result): Promise<Downloaded> {
    const { signal } = work.exchange
    switch (result.kind) {
      case 'file': {
        const { filename, mimetype } = result.file
        const body = await context.uploads.read(result.file, undefined, signal)
        return { body, filename, contentType: mimetype, size: body.file.size }
      }
      case 'outside': {
        const { located } = result
        if (located.kind === 'web') return context.download(located.url, located.headers, signal)
        return delivered(await deliver(work, ready.job, located, UNTOUCHED), located.name)
      }
      case 'picture':
        return delivered(result.delivered, result.name)
      case 'json':
      case 'archive':
        throw new Fault('bad-parameter', 'a source of this server may have image tasks only')
    }
  }
}

function pairOf(parameters: Parameters): Credentials {
  const [policy, signature] = [parameters.text('policy'), parameters.text('signature')]
  return { ...(policy !== undefined && { policy }), ...(signature !== undefined && { signature }) }
}

function delivered(found: Awaited<ReturnType<typeof deliver>>, filename: string): Downloaded {
  const contentType = typeOf(found.contentType)
  return { body: flowing(found), filename, size: found.size, ...(contentType !== undefined && { contentType }) }
}
