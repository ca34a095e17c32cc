import { createProcessing } from '../../../../src/dialects/filestack/processing/processing.ts'
import { decode, encode, type Pixels } from '../../../support/pictures.ts'
import { type Answer, type House, openHouse, type PolicyMembers, sign } from '../house.ts'

export type Cdn = House & {
  /** Stores a file and gives its handle. */
  put(
    content: Pixels | Uint8Array | Promise<Uint8Array> | string,
    filename?: string,
    mimetype?: string,
  ): Promise<string>
  /** GET that must be answered with 200. */
  get(target: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** The picture that tasks make of a handle. */
  see(tasks: string, handle: string): Promise<Pixels>
}

/** The dialect with its processing, on real parts. */
export async function openCdn(options: Parameters<typeof openHouse>[0] = {}): Promise<Cdn> {
  const house = await openHouse({ processing: createProcessing, ...options })
  async function get(target: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const answer = await house.send('GET', target, { headers })
    if (answer.status !== 200) throw new Error(`${target}: ${answer.status} ${answer.text}`)
    return answer
  }
  const methods = {
    async put(content: Parameters<Cdn['put']>[0], filename = 'a.png', mimetype = 'image/png') {
      const bytes = await bytesOf(content)
      const query = new URLSearchParams({ filename, mimetype })
      const { json, status, text } = await house.store(String(query), new Uint8Array(bytes))
      if (status !== 200) throw new Error(`${status} ${text}`)
      return json.handle
    },
    get,
    see: async (tasks: string, handle: string) => decode((await get(`/${tasks}/${handle}`)).bytes),
  }
  // The house has members that are read anew.
  return Object.assign(house, methods)
}

async function bytesOf(content: Parameters<Cdn['put']>[0]): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content)
  return 'channels' in content ? encode(content) : content
}

/** `security=p:…,s:…` */
export function security(members: PolicyMembers, secret?: string): string {
  const { policy, signature } = sign(members, secret)
  return `security=p:${policy},s:${signature}`
}

/** URL-safe base64 with padding, as the SDK writes it. */
export function b64(text: string): string {
  return Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
