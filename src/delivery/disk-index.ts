/** One file of the disk level. */
export type Item = {
  /** Bytes on disk, whole blocks. */
  readonly bytes: number
  /** Milliseconds since the epoch when its time of use was last written to the file system. */
  touched: number
  /** The body's checksum was seen to be right by this process. */
  sound: boolean
  /** Hashes of the further sources that went into it. */
  readonly uses: readonly string[]
}

/** Files in order of use, the longest unused first, with their sum. Holds no I/O. */
export type DiskIndex = {
  readonly used: number
  readonly size: number
  get(name: string): Item | undefined
  /** Adds or replaces, as the most recently used. */
  set(name: string, item: Item): void
  /** Makes it the most recently used. */
  use(name: string): void
  remove(name: string): void
  /** The longest unused one. */
  oldest(): string | undefined
  /** Names of all that come from, or were made with, this source. */
  of(source: string): string[]
}

/** File systems give space in blocks; counting them keeps the promise about `diskBytes`. */
export const BLOCK = 4096

export const blocks = (bytes: number): number => Math.ceil(bytes / BLOCK) * BLOCK

export function createDiskIndex(): DiskIndex {
  const items = new Map<string, Item>()
  const layered = new Set<string>()
  let used = 0

  function remove(name: string): void {
    const item = items.get(name)
    if (!item) return
    used -= item.bytes
    items.delete(name)
    layered.delete(name)
  }

  return {
    get used() {
      return used
    },
    get size() {
      return items.size
    },
    get: (name) => items.get(name),
    set(name, item) {
      remove(name)
      items.set(name, item)
      used += item.bytes
      if (item.uses.length > 0) layered.add(name)
    },
    use(name) {
      const item = items.get(name)
      if (!item) return
      items.delete(name)
      items.set(name, item)
    },
    remove,
    oldest: () => items.keys().next().value,
    of(source) {
      const found: string[] = []
      const own = `${source}-`
      for (const name of items.keys()) if (name.startsWith(own)) found.push(name)
      for (const name of layered) if (!name.startsWith(own) && items.get(name)?.uses.includes(source)) found.push(name)
      return found
    },
  }
}
