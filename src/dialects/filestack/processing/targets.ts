/** Targets that were read before. */
import { LRUCache } from 'lru-cache'
import type { Directory } from '../../../catalog/model.ts'
import { findApp } from '../app.ts'
import { type CdnRequest, parseTarget } from './grammar.ts'

const REMEMBERED_BYTES = 8 * 1024 * 1024
/** Of one request without its target. */
const ENTRY_BYTES = 1_500

/** Reads targets, and remembers what they say until anything in the directory changes: which first segments are keys hangs on it. */
export function createTargets(directory: Directory): (target: string) => CdnRequest {
  const remembered = new LRUCache<string, CdnRequest>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_request, target) => target.length + ENTRY_BYTES,
  })
  let generation = directory.generation

  return (target) => {
    if (directory.generation !== generation) {
      remembered.clear()
      generation = directory.generation
    }
    const before = remembered.get(target)
    if (before !== undefined) return before
    const request = parseTarget(target, (text) => findApp(directory, text) !== undefined)
    remembered.set(target, request)
    return request
  }
}
