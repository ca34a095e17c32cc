import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { raw, solid } from '../../../support/pictures.ts'
import { KEY, OTHER_SECRET, SECRET, sign, signed } from '../house.ts'
import { type Cdn, openCdn, security } from './cdn.ts'

let cdn: Cdn
let picture = ''
let other = ''

beforeAll(async () => {
  cdn = await openCdn()
  picture = await cdn.put(raw.quadrants(60, 40))
  other = await cdn.put(raw.quadrants(20, 20))
  cdn.origin.answer('/a.png', { body: await solid(20, 10), headers: { 'content-type': 'image/png' } })
})
afterAll(() => cdn.stop())

describe('with security on', () => {
  beforeAll(() => cdn.configure({ security: true }))

  it('says what is missing', async () => {
    for (const target of [
      `/${picture}`,
      `/resize=w:10/${picture}`,
      `/${KEY}/flip/${cdn.origin.url}/a.png`,
      `/${picture}/metadata`,
    ]) {
      const answer = await cdn.send('GET', target)
      expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([
        403,
        'text/plain; charset=utf-8',
        `application ${KEY} policy error: proper credentials were not provided: (signature: ""; policy "")`,
      ])
    }
  })

  it.each([
    ['untouched', 'read', () => picture],
    ['a task', 'convert', () => `resize=w:10/${picture}`],
    ['imagesize', 'convert', () => `imagesize/${picture}`],
    ['zip', 'convert', () => `zip/${picture}`],
    ['the task metadata', 'stat', () => `metadata/${picture}`],
    ['metadata', 'stat', () => `${picture}/metadata`],
    ['an untouched URL', 'read', () => `${KEY}/${cdn.origin.url}/a.png`],
    ['a task on a URL', 'convert', () => `${KEY}/flip/${cdn.origin.url}/a.png`],
    ['a bare store of a URL', 'store', () => `${KEY}/store/${cdn.origin.url}/a.png`],
  ])('%s needs %s', async (_, call, target) => {
    const ask = (calls: readonly string[]) => cdn.send('GET', `/${withTask(target(), security({ call: calls }))}`)
    expect((await ask([call])).status).toBe(200)
    const others = ['pick', 'read', 'stat', 'write', 'writeUrl', 'store', 'convert', 'remove', 'exif'].filter(
      (one) => one !== call,
    )
    const refused = await ask(others)
    expect([refused.status, refused.text]).toEqual([
      403,
      `application ${KEY} policy error: the policy's call does not allow ${call}`,
    ])
  })

  it('a stored conversion needs convert and store; a copy of a file store and one that shows it', async () => {
    const ask = async (tasks: string, ...call: string[]) =>
      (await cdn.send('GET', `/${tasks}/${security({ call })}/${picture}`)).status
    expect(await ask('resize=w:10/store', 'convert', 'store')).toBe(200)
    expect(await ask('resize=w:10/store', 'store')).toBe(403)
    expect(await ask('resize=w:10/store', 'convert')).toBe(403)
    expect(await ask('store', 'store', 'read')).toBe(200)
    expect(await ask('store', 'store', 'convert')).toBe(200)
    expect(await ask('store', 'store')).toBe(403)
  })

  it('stands in the query of a handle, or in any place of the chain', async () => {
    const allowed = { call: ['convert', 'read'] }
    for (const target of [
      `/${picture}?${signed(allowed)}`,
      `/resize=w:10/${picture}?${signed(allowed)}`,
      `/${security(allowed)}/resize=w:10/${picture}`,
      `/resize=w:10/${security(allowed)}/flip/${picture}`,
      `/${KEY}/resize=w:10/${security(allowed)}/${cdn.origin.url}/a.png`,
    ]) {
      expect((await cdn.send('GET', target)).status).toBe(200)
    }
  })

  it('takes both alphabets: the SDK quotes what has a slash', async () => {
    const { policy, signature } = standard({ call: ['convert'], note: '???>>>~~~' })
    expect(policy).toMatch(/[+/]/)
    const quoted = await cdn.send('GET', `/resize=w:10/security=policy:"${policy}",signature:${signature}/${picture}`)
    expect(quoted.status).toBe(200)
    const escaped = await cdn.send(
      'GET',
      `/resize=w:10/security=p:${encodeURIComponent(policy)},s:${signature}/${picture}`,
    )
    expect(escaped.status).toBe(200)
  })

  it.each([
    ['another secret', () => security({}, OTHER_SECRET), 'the signature was not valid'],
    ['an end', () => security({ expiry: 946684800 }), 'the policy has expired'],
    ['another file', () => security({ handle: 'Zk9mVq2RSLu7xN0bTfHw' }), "the policy's handle is for another file"],
    ['no base64', () => 'security=p:abc,s:def', 'policy was not properly url-safe base64 encoded'],
  ])('a policy with %s is refused', async (_, task, text) => {
    for (const target of [`/${task()}/${picture}`, `/resize=w:10/${task()}/${picture}`]) {
      const answer = await cdn.send('GET', target)
      expect([answer.status, answer.text]).toEqual([403, `application ${KEY} policy error: ${text}`])
    }
  })

  it('url bounds external sources only', async () => {
    const bound = security({ call: ['convert'], url: `${cdn.origin.url}/a` })
    expect((await cdn.send('GET', `/${KEY}/flip/${bound}/${cdn.origin.url}/a.png`)).status).toBe(200)
    const refused = await cdn.send('GET', `/${KEY}/flip/${bound}/${cdn.origin.url}/b.png`)
    expect([refused.status, refused.text]).toEqual([
      403,
      `application ${KEY} policy error: the policy's url does not allow this URL`,
    ])
    expect((await cdn.send('GET', `/flip/${bound}/${picture}`)).status).toBe(200)
  })

  it('path, container and size bound what is stored', async () => {
    const store = (members: object, options: string) =>
      cdn.send('GET', `/store=${options}/${security({ call: ['store', 'read'], ...members })}/${picture}`)
    expect((await store({ path: '^/?up/' }, 'path:"up/"')).status).toBe(200)
    const path = await store({ path: '^/?up/' }, 'path:"down/"')
    expect([path.status, path.text]).toEqual([403, 'invalid security policy path'])
    const container = await store({ container: '^demo' }, 'path:"up/",container:other')
    expect([container.status, container.text]).toEqual([403, 'invalid security policy container'])
    expect((await store({ maxSize: 10 }, 'path:"up/"')).status).toBe(403)
    expect((await store({ minSize: 10_000_000 }, 'path:"up/"')).status).toBe(403)
  })

  it('a policy of one file opens no other one', async () => {
    const one = security({ call: ['convert', 'read', 'store'], handle: picture })
    for (const target of [
      `/${one}/watermark=file:${other}/${picture}`,
      `/${one}/collage=files:[${other}],w:50,h:50/${picture}`,
      `/${one}/zip/[${picture},${other}]`,
      `/${one}/animate/[${picture},${other}]`,
      `/${one}/fallback=file:${other}/crop=dim:[900,0,1,1]/${picture}`,
      `/${one}/fallback=file:${other}/resize=w:1/Zk9mVq2RSLu7xN0bTfHw`,
      `/${KEY}/${one}/flip/${cdn.url}/${other}`,
      `/${KEY}/${one}/flip/${cdn.url}/resize=w:3/${other}`,
    ]) {
      const answer = await cdn.send('GET', target)
      expect([target, answer.status]).toEqual([target, 403])
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
    }
    expect((await cdn.send('GET', `/${one}/zip/[${picture},${picture}]`)).status).toBe(200)
  })

  it('a URL of this server is judged by its own policy, or by that of the request', async () => {
    const outer = security({ call: ['convert'], url: `${cdn.url}/` })
    const inner = `${cdn.url}/resize=w:10/${security({ call: ['convert'], handle: other })}/${other}`
    expect((await cdn.send('GET', `/${KEY}/${outer}/flip/${inner}`)).status).toBe(200)
    expect((await cdn.send('GET', `/${KEY}/flip/${inner}`)).status).toBe(403)
    expect((await cdn.send('GET', `/${KEY}/${outer}/flip/${cdn.url}/resize=w:10/${other}`)).status).toBe(200)
    const wrong = `${cdn.url}/resize=w:10/${security({ call: ['convert'], handle: picture })}/${other}`
    expect((await cdn.send('GET', `/${KEY}/${outer}/flip/${wrong}`)).status).toBe(403)
  })

  it('policy and signature make no entry of their own in the cache', async () => {
    const before = cdn.delivery.stats()
    for (const expiry of [4102444800, 4102444801, 4102444802]) {
      expect((await cdn.send('GET', `/resize=w:31/${security({ expiry })}/${picture}`)).status).toBe(200)
    }
    expect(cdn.delivery.stats().misses - before.misses).toBe(1)
    expect((await cdn.send('GET', `/resize=w:31/${picture}`)).status).toBe(403)
  })
})

describe('with security off', () => {
  beforeEach(() => cdn.configure({ security: false }))

  it('nothing is needed, and what is there is looked at', async () => {
    expect((await cdn.send('GET', `/resize=w:10/${picture}`)).status).toBe(200)
    expect((await cdn.send('GET', `/resize=w:10/${security({ call: ['read'] })}/${picture}`)).status).toBe(403)
    expect((await cdn.send('GET', `/resize=w:10/${security({}, OTHER_SECRET)}/${picture}`)).status).toBe(403)
    expect((await cdn.send('GET', `/${picture}?policy=x`)).status).toBe(403)
  })

  it('EXIF is told only to whom a policy names it', async () => {
    expect((await cdn.send('GET', `/${picture}/metadata?exif=true`)).status).toBe(403)
    expect((await cdn.send('GET', `/metadata=exif/${picture}`)).status).toBe(403)
    expect((await cdn.send('GET', `/${picture}/metadata?exif=true&${signed({ call: ['stat', 'exif'] })}`)).status).toBe(
      200,
    )
    expect((await cdn.send('GET', `/metadata=exif/${security({ call: ['stat', 'exif'] })}/${picture}`)).status).toBe(
      200,
    )
  })
})

/** `security` before the source, behind the key. */
function withTask(target: string, task: string): string {
  if (target.includes('/metadata')) return `${task}/${target}`
  return target.startsWith(KEY) ? target.replace(KEY, `${KEY}/${task}`) : `${task}/${target}`
}

/** A policy in the standard alphabet, as the SDK's own helper makes it. */
function standard(members: Parameters<typeof sign>[0]) {
  const { policy } = sign(members)
  const text = policy.replaceAll('-', '+').replaceAll('_', '/')
  const json = Buffer.from(text, 'base64').toString()
  return { policy: text, signature: signatureOf(text), json }
}

function signatureOf(policy: string): string {
  return createHmac('sha256', SECRET).update(policy).digest('hex')
}
