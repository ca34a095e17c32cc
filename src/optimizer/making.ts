import type { Engine } from '../engine/engine.ts'
import type { Limits } from '../plan/facts.ts'
import { formatOf, isWritable, type Make, needsPixels, planOf } from './make.ts'

export type MakingOptions = { readonly engine: Engine; readonly limits: Limits }

/** Makes versions with the engine. */
export function createMaking({ engine, limits }: MakingOptions): Make {
  return async (project, source, version) => {
    const { bytes, facts } = source
    const format = formatOf(version, facts)
    if (!needsPixels(version, facts, limits) && version.compression.kind === 'lossless') return source
    if (!isWritable(format)) return source
    const rendered = await engine.render({ project, plan: planOf(version, format), bytes, facts, offer: [] })
    if (rendered === 'untouched') return source
    if (!needsPixels(version, facts, limits) && rendered.bytes.length >= bytes.length) return source
    return { bytes: rendered.bytes, facts: await engine.probe(rendered.bytes) }
  }
}
