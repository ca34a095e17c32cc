import { abortReason } from '../abort.ts'
import type { Agents } from '../agents.ts'
import { requestHeaders, userInfoHeader } from './headers.ts'
import { webFault } from './request.ts'
import { absoluteUrl } from './url.ts'

export type PostRequest = {
  /** Without `Host`, hop-by-hop headers and `Content-Length`, which are dropped. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly signal: AbortSignal
}

/** Bytes of an answer that are read so that its connection can be used again. */
const DUMPED = 64 * 1024

/**
 * POSTs to a URL that a caller named, under the network guard, and resolves with the status of the answer, whatever it is.
 * Redirects are not followed: a body must not go where its sender did not send it. Throws Fault key-invalid for what is no
 * http(s) URL, bad-parameter for headers that HTTP cannot carry, address-forbidden, source-unreachable, source-timeout.
 */
export async function post(agents: Agents, text: string, { headers, body, signal }: PostRequest): Promise<number> {
  const url = absoluteUrl(text.split('#', 1)[0] ?? '')
  const authorization = userInfoHeader(url)
  try {
    const answer = await agents.web(true).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: requestHeaders(authorization === undefined ? {} : { authorization }, headers),
      body,
      signal,
    })
    answer.body.dump({ limit: DUMPED }).catch(() => undefined)
    return answer.statusCode
  } catch (error) {
    throw abortReason(signal) ?? webFault(error)
  }
}
