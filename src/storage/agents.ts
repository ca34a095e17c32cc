import http from 'node:http'
import https from 'node:https'
import net, { type LookupFunction, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { Fault } from '../faults.ts'
import type { Guard } from './guard.ts'

/** Milliseconds. Connect and TLS are those of pixboost §11; `idle` is how long a peer may say nothing. */
export type Timeouts = { readonly connect: number; readonly tls: number; readonly idle: number }
const TIMEOUTS: Timeouts = { connect: 5_000, tls: 10_000, idle: 30_000 }

/** The pools of outgoing connections, shared by all stores. Guarded and unguarded ones never share a socket. */
export type Agents = {
  readonly timeouts: Timeouts
  /** For the web adapter. */
  web(guarded: boolean): Dispatcher
  /** For cloud SDKs. */
  node(guarded: boolean): { readonly http: http.Agent; readonly https: https.Agent }
  /** Breaks what is still open. */
  close(): Promise<void>
}

/** Makes the pools. Sockets are opened when they are needed and kept alive between requests. */
export function createAgents(guard: Guard, timeouts: Timeouts = TIMEOUTS): Agents {
  const web = { open: webAgent(undefined, timeouts), guarded: webAgent(guard, timeouts) }
  const node = { open: nodeAgents(undefined), guarded: nodeAgents(guard) }
  return {
    timeouts,
    web: (guarded) => (guarded ? web.guarded : web.open),
    node: (guarded) => (guarded ? node.guarded : node.open),
    async close() {
      for (const agents of [node.open, node.guarded]) {
        agents.http.destroy()
        agents.https.destroy()
      }
      await Promise.all([web.open.destroy(), web.guarded.destroy()])
    },
  }
}

function webAgent(guard: Guard | undefined, timeouts: Timeouts): Agent {
  return new Agent({
    connect: guardedConnector(guard, timeouts),
    // One request per connection at a time: a slow picture must not hold back the next one.
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeouts.idle,
    bodyTimeout: timeouts.idle,
    keepAliveTimeout: 4_000,
  })
}

/** TCP first, under its own time limit and the guard, then TLS over that socket under another. */
function guardedConnector(guard: Guard | undefined, timeouts: Timeouts): buildConnector.connector {
  const secure = buildConnector({ timeout: timeouts.tls, allowH2: false })
  return (options, done) => {
    let settled = false
    const fail = (error: Error) => {
      if (!settled) done(error, null)
      settled = true
    }
    try {
      guard?.checkHost(options.hostname)
    } catch (error) {
      return fail(error instanceof Error ? error : new Error('refused', { cause: error }))
    }
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
    const socket = openSocket(bareHost(options.hostname), port, guard)
    const late = setTimeout(
      () => socket.destroy(new Fault('source-timeout', 'connecting took too long')),
      timeouts.connect,
    )
    // Stays for the life of the socket: below TLS nobody else listens to it.
    socket.on('error', (error) => {
      clearTimeout(late)
      fail(error)
    })
    socket.once('connect', () => {
      clearTimeout(late)
      guard?.checkSocket(socket)
      if (socket.destroyed) return
      settled = true
      if (options.protocol === 'https:') secure({ ...options, httpSocket: socket }, done)
      else done(null, socket)
    })
  }
}

function openSocket(host: string, port: number, guard: Guard | undefined): Socket {
  const lookup: { lookup?: LookupFunction } = guard === undefined ? {} : { lookup: guard.lookup }
  return net.connect({ host, port, noDelay: true, keepAlive: true, ...lookup })
}

function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

/** Enough sockets that the gates in front, not the pool, decide how much happens at once. */
const SOCKETS = 256

function nodeAgents(guard: Guard | undefined): { http: http.Agent; https: https.Agent } {
  const options = { keepAlive: true, maxSockets: SOCKETS, maxFreeSockets: 64, scheduling: 'lifo' } as const
  if (guard === undefined) return { http: new http.Agent(options), https: new https.Agent(options) }
  return {
    http: guardAgent(new http.Agent({ ...options, lookup: guard.lookup }), guard),
    https: guardAgent(new https.Agent({ ...options, lookup: guard.lookup }), guard),
  }
}

/** Puts the guard before and behind the agent's own way of connecting. */
function guardAgent<A extends http.Agent>(agent: A, guard: Guard): A {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback): Duplex | null | undefined => {
    try {
      guard.checkHost(options.host ?? '')
    } catch (error) {
      const reason = error instanceof Error ? error : new Error('refused', { cause: error })
      const socket = new net.Socket()
      // Node listens to the socket after this call returns.
      process.nextTick(() => socket.destroy(reason))
      return socket
    }
    const socket = connect(options, callback)
    if (socket instanceof net.Socket) socket.once('connect', () => guard.checkSocket(socket))
    return socket
  }
  return agent
}
