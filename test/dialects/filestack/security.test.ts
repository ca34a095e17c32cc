import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signPolicy } from '../../../src/dialects/filestack/policy.ts'
import { rawRequest } from '../../http/raw-client.ts'
import {
  BASIC,
  formOf,
  type House,
  KEY,
  LATER,
  OTHER_SECRET,
  openHouse,
  type PolicyMembers,
  SECRET,
  sign,
  signed,
} from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
  house.origin.answer('/a', { body: 'from a url' })
})
afterAll(() => house.stop())

const SECURED = 'This action has been secured by the developer of this website. Error: '
type Sender = (credentials: string, headers?: Readonly<Record<string, string>>) => ReturnType<House['send']>
type Operation = {
  readonly name: string
  readonly calls: readonly string[]
  readonly always?: boolean
  readonly send: Sender
  readonly stores?: boolean
}

async function fileOf(): Promise<string> {
  const { security } = house.directory.projects[0]?.settings.filestack ?? { security: false }
  house.configure({ security: false })
  const { json } = await house.store('', formOf('content'))
  house.configure({ security })
  return json.handle
}

const onFile =
  (method: string, pathOf: (handle: string) => string, body?: string | URLSearchParams): Sender =>
  async (credentials, headers = {}) => {
    const path = pathOf(await fileOf())
    const type = typeof body === 'string' ? { 'content-type': 'text/plain' } : undefined
    return house.send(method, `${path}${path.includes('?') ? '&' : '?'}${credentials}`, {
      ...(body !== undefined && { body }),
      headers: { ...type, ...headers },
    })
  }
const file = (behind: string) => (handle: string) => `/api/file/${handle}${behind}`

const A_URL = () => new URLSearchParams({ url: `${house.origin.url}/a` })
const fromUrl: Sender = (credentials, headers) => onFile('POST', file(''), A_URL())(credentials, headers)

/** filestack §2.3, §2.4 */
const OPERATIONS: readonly Operation[] = [
  {
    name: 'store',
    calls: ['store'],
    stores: true,
    send: (credentials, headers) => house.store(`path=/up/a.png&${credentials}`, formOf('content'), headers),
  },
  {
    name: 'store a url',
    calls: ['store'],
    stores: true,
    send: (credentials, headers) => house.store(`path=up/&${credentials}`, A_URL(), headers),
  },
  { name: 'read', calls: ['read'], send: onFile('GET', file('')) },
  { name: 'read the head', calls: ['read'], send: onFile('HEAD', file('')) },
  { name: 'metadata', calls: ['stat'], send: onFile('GET', file('/metadata')) },
  { name: 'exif', calls: ['stat', 'exif'], always: true, send: onFile('GET', file('/metadata?exif=true')) },
  { name: 'overwrite', calls: ['write'], always: true, send: onFile('POST', file(''), 'new content') },
  { name: 'overwrite from a url', calls: ['writeUrl'], always: true, send: fromUrl },
  { name: 'overwrite from a url by write', calls: ['write'], always: true, send: fromUrl },
  { name: 'delete', calls: ['remove'], always: true, send: onFile('DELETE', file('')) },
  { name: 'remove', calls: ['remove'], always: true, send: onFile('POST', file('/remove')) },
  { name: 'remove by its old name', calls: ['revoke'], always: true, send: onFile('POST', file('/remove')) },
  { name: 'preview', calls: ['convert'], send: onFile('GET', (handle) => `/api/preview/${handle}`) },
]

describe.each([true, false])('security %s', (security) => {
  describe.each(OPERATIONS)('$name', (operation) => {
    const { name } = operation
    beforeAll(() => house.configure({ security }))

    const refused = async (credentials: string, reason: string) => {
      const { status, text, headers } = await operation.send(credentials)
      expect(status).toBe(403)
      expect(headers.get('access-control-allow-origin')).toBe('*')
      if (name !== 'read the head') expect(text).toMatch(/^\[uuid=[0-9a-f]{16}\] This action/)
      if (name !== 'read the head') expect(text).toContain(SECURED + reason)
    }

    test('without credentials', async () => {
      const needed = security || operation.always === true
      if (needed) await refused('', 'Proper credentials not provided. Signature: None Policy: None')
      else expect((await operation.send('')).status).toBe(200)
    })

    test('with a policy for it', async () => {
      expect((await operation.send(signed({ call: operation.calls }))).status).toBe(200)
    })

    test('with a policy that names no call', async () => {
      const { status } = await operation.send(signed({}))
      expect(status).toBe(name === 'exif' ? 403 : 200)
    })

    test('with the secret of the app', async () => {
      expect((await operation.send('', BASIC)).status).toBe(200)
    })

    test.each([
      ['another call', { call: ['pick', 'runWorkflow'] }, "The policy's call "],
      ['expired', { expiry: 946_684_800 }, 'The policy has expired'],
      ['expiring an hour ago', { expiry: LATER - 31_536_000 - 3600.5 }, 'The policy has expired'],
      ['without an expiry', { expiry: undefined }, "The policy's expiry is missing"],
      ['an expression that cannot be used', { path: '(?=a)' }, "The policy's path is not a regular expression"],
    ] as const)('refused: %s', async (_, members: PolicyMembers, reason) => {
      await refused(signed(members), reason)
    })

    test('refused: signed by somebody else', async () => {
      await refused(signed({ call: operation.calls }, OTHER_SECRET), 'The signature was not valid')
    })

    test('refused: half a pair, no base64, missing padding', async () => {
      const { policy } = sign({ call: operation.calls })
      await refused(`policy=${policy}`, 'Proper credentials not provided. Signature: None Policy: ey')
      await refused('policy=%7B%7D&signature=a', 'policy was not properly url-safe base64 encoded')
      const padded = sign({ expiry: LATER, x: '' })
      const text = padded.policy.replace(/=+$/, '')
      expect(text).not.toBe(padded.policy)
      await refused(
        `policy=${text}&signature=${signPolicy(text, SECRET)}`,
        'policy was not properly url-safe base64 encoded',
      )
    })

    test('sizes, paths, containers, handles, where they matter', async () => {
      const stores = operation.stores === true
      const expectStatus = async (members: PolicyMembers, status: number) => {
        const answer = await operation.send(signed({ call: operation.calls, ...members }))
        expect([members, answer.status]).toEqual([members, status])
      }
      await expectStatus({ path: '^/?up/' }, 200)
      await expectStatus({ path: '^down/' }, stores ? 403 : 200)
      await expectStatus({ container: '^demo' }, stores ? 403 : 200)
      const writes = stores || name.startsWith('overwrite')
      await expectStatus({ maxSize: 4 }, writes ? 403 : 200)
      await expectStatus({ min_size: 50 }, writes ? 403 : 200)
      await expectStatus({ minSize: 4, max_size: 50 }, 200)
      await expectStatus({ handle: 'Zk9mVq2RSLu7xN0bTfHw' }, stores ? 200 : 403)
      await expectStatus({ url: '^nothing' }, 200)
    })
  })
})

describe('any target and any policy', () => {
  test('ends in an answer of the dialect', async () => {
    house.configure({ security: true })
    const port = Number(new URL(house.url).port)
    const piece = fc.oneof(
      fc.constantFrom(
        'api',
        'file',
        'store',
        'metadata',
        'Zk9mVq2RSLu7xN0bTfHw',
        KEY,
        '%',
        '%ZZ',
        '%00',
        '..',
        '//',
        '?',
        '&',
        '=',
        '+',
      ),
      fc.constantFrom(
        'policy=',
        'signature=',
        'key=',
        'base64decode=',
        'exif=true',
        'convert',
        'preview',
        'S3',
        '\xe9',
        ':',
        '"',
        '[',
        '%F0',
      ),
      fc.string({ unit: 'grapheme-ascii', maxLength: 8 }).map((text) => text.replace(/\s/g, '')),
    )
    const target = fc
      .tuple(
        fc.constantFrom('/api/file/', '/api/store/', '/api/preview/', '/api/', '/process', '/multipart/'),
        fc.array(piece),
      )
      .map(([start, pieces]) => start + pieces.join(''))
    await fc.assert(
      fc.asyncProperty(target, fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD'), async (path, method) => {
        const head = `${method} ${path} HTTP/1.1\r\nHost: a:80:80\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc`
        const answer = await rawRequest(port, head)
        expect(answer.status).toBeLessThan(500)
        expect([200, 400, 403, 404, 405, 418]).toContain(answer.status)
      }),
      { numRuns: 300 },
    )
    expect(house.logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('any policy, signed or not', async () => {
    const handle = await fileOf()
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.string(), async (json, text) => {
        for (const policy of [Buffer.from(json).toString('base64'), text]) {
          const { signature } = sign({}, SECRET)
          const own = new URLSearchParams({ policy, signature: signPolicy(policy, SECRET) })
          const foreign = new URLSearchParams({ policy, signature })
          for (const pair of [own, foreign]) {
            const answer = await house.send('GET', `/api/file/${handle}?${pair}`)
            expect(answer.status).toBe(403)
            expect(answer.text).toContain(SECURED)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})
