import { isMarkedAsUntransferable } from 'node:worker_threads'

/**
 * The memory under `data` when it can be handed to another thread whole: not shared with other views (Node's pooled small
 * buffers) and not bound to native code (what sharp's `toBuffer` gives). Otherwise empty, and the data is copied.
 */
export function transferable(data: Uint8Array): readonly ArrayBuffer[] {
  const { buffer } = data
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== data.byteLength) return []
  return isMarkedAsUntransferable(buffer) ? [] : [buffer]
}
