/** Processes under measurement and what the operating system says of them (Linux: /proc). */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'

/** Clock ticks per second of /proc/PID/stat; 100 on every Linux that Node supports. */
const TICKS = 100

export type Usage = { readonly cpuSeconds: number; readonly residentMB: number; readonly peakMB: number }

/** CPU seconds of all threads so far, resident and peak memory of a process. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kB = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    residentMB: kB('VmRSS') / 1024,
    peakMB: kB('VmHWM') / 1024,
  }
}

export type Actor = { readonly url: string; readonly pid: number; stop(): Promise<void> }

/** Starts a Node process that prints one line `ready <url>` when it serves. */
export async function startActor(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Actor> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const url = await readyLine(child)
  return { url, pid: child.pid ?? 0, stop: () => stop(child) }
}

function readyLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      const match = /(?:ready |listening on )(http:\/\/[^\s"]+)/.exec(seen)
      if (match?.[1] !== undefined) resolve(match[1].replace(/\/$/, ''))
    })
    child.once('exit', (code) => reject(new Error(`the process ended with ${code} before it was ready:\n${seen}`)))
  })
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

export type Timing = {
  readonly seconds: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly bytes: number
}

/** Asks for every URL once, `concurrency` at a time; milliseconds per answer. Throws when an answer is not 200. */
export async function askAll(
  urls: readonly string[],
  concurrency: number,
  headers: Readonly<Record<string, string>>,
): Promise<Timing> {
  const agent = new Agent({ connections: concurrency, pipelining: 1 })
  const times: number[] = []
  let bytes = 0
  let next = 0
  const start = performance.now()
  const worker = async () => {
    for (let url = urls[next++]; url !== undefined; url = urls[next++]) {
      const begun = performance.now()
      const answer = await request(url, { dispatcher: agent, headers })
      const body = await answer.body.arrayBuffer()
      if (answer.statusCode !== 200)
        throw new Error(`${answer.statusCode} for ${url}: ${Buffer.from(body).toString().slice(0, 200)}`)
      bytes += body.byteLength
      times.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const seconds = (performance.now() - start) / 1000
  await agent.close()
  return { seconds, ...percentiles(times), bytes: bytes / urls.length }
}

/** Nearest-rank percentiles. */
export function percentiles(values: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return percentiles(values).p50
}

/** Prints rows of equal shape as an aligned table. */
export function table(rows: readonly Readonly<Record<string, string | number>>[]): void {
  const names = Object.keys(rows[0] ?? {})
  const text = (value: string | number | undefined) =>
    typeof value === 'number'
      ? Math.abs(value) >= 100
        ? value.toFixed(0)
        : value.toFixed(value < 1 ? 4 : 2)
      : (value ?? '')
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => text(row[name]).length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  console.log(line(names))
  for (const row of rows) console.log(line(names.map((name) => text(row[name]))))
}
