/** A picture that was found where the user pointed. */
export type Found = {
  /** For people. */
  readonly name: string
  /** Relative to what the user named, with `/`; what it is called in a store. */
  readonly key: string
  /** Names the object among all files and buckets. */
  readonly place: string
  /** Bytes. */
  readonly size: number
  /** Changes with the bytes. */
  readonly version: string
  read(): Promise<{ readonly bytes: Buffer; readonly metadata: Readonly<Record<string, string>> }>
  /**
   * Puts other bytes in its place in one step; absent where that would lose more than the old bytes. `note` is told the new
   * version before it happens.
   */
  readonly replace?: (bytes: Uint8Array, note: (version: string) => Promise<void>) => Promise<void>
}
