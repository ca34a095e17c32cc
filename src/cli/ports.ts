import type { Connection, DialectName, Key, Project } from '../catalog/model.ts'
import type { Engine } from '../engine/engine.ts'
import type { Make } from '../optimizer/make.ts'
import type { ObjectStore } from '../storage/object-store.ts'

/** What the command line asks of the house; `main.ts` hands it in. */
export type Ports = {
  readonly version: string
  /** Runs the server until it is told to stop. Throws when it cannot start. */
  serve(options: Location): Promise<void>
  /** Opens catalog and stores without a server; to be closed. A server that runs on the same catalog notices changes. */
  open(options: Location): Promise<Desk>
  /** Opens what makes pictures smaller, without a server or a catalog; to be closed. */
  optimizer(options: Location): Promise<Workshop>
  readonly terminal: Terminal
}

/** The means to make pictures smaller. */
export type Workshop = {
  readonly probe: Engine['probe']
  readonly make: Make
  /** Folder for what has to be remembered between runs. */
  readonly dataDir: string
  /** Largest picture, bytes. */
  readonly sourceBytes: number
  /** Pictures worth making at once. */
  readonly slots: number
  close(): Promise<void>
}

/** Where the configuration is; absent = TINTYPE_CONFIG, else ./tintype.yaml when present. */
export type Location = { readonly config?: string }

/** The process's surroundings. */
export type Terminal = {
  /** What the user typed to call this program; hints begin with it. */
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown }
  /** Writes answers. */
  out(text: string): void
  /** Writes prompts, warnings and errors. */
  err(text: string): void
  /** Columns of the screen that `err` writes to; undefined when it is no screen. */
  readonly columns: number | undefined
  /** Calls `stop` instead of ending when the user interrupts (Ctrl-C), until the returned function is called. A second time ends. */
  onInterrupt(stop: () => void): () => void
}

/** The operator's view of the catalog. */
export interface Desk {
  projects(): readonly Project[]
  /** Fault conflict when it exists already, bad-parameter when the id cannot be one. */
  addProject(id: string): Promise<void>
  /** Makes a key pair; the secret is shown here and nowhere else. Fault conflict, bad-parameter, limit-reached. */
  addKey(project: string, key: NewKey): Promise<{ readonly key: Key; readonly secret: string }>
  /** Fault not-found, or conflict for a key that the file declares. */
  removeKey(project: string, publicKey: string): Promise<void>
  /** Fault conflict, bad-parameter, limit-reached. */
  addConnection(project: string, connection: NewConnection): Promise<Connection>
  /** Fault not-found, or conflict for a connection that the file declares. */
  removeConnection(project: string, alias: string): Promise<void>
  /** The store behind a connection. Keys are full object keys, the connection's prefix included. Not to be closed. */
  store(project: string, connection: Connection): Promise<ObjectStore>
  close(): Promise<void>
}

export type NewKey = {
  readonly label: string
  readonly allowedHosts: readonly string[]
  readonly dialects: readonly DialectName[]
}

/** A connection as the operator names it; validated by the catalog. */
export type NewConnection = {
  readonly alias: string
  readonly name: string
  readonly provider: 's3' | 'folder' | 'web'
  readonly read: boolean
  readonly write: boolean
  readonly prefix: string
  readonly buckets?: readonly string[]
  readonly bucket?: string
  readonly region?: string
  readonly endpoint?: string
  readonly forcePathStyle?: boolean
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly path?: string
  readonly baseUrl?: string
  readonly publicBaseUrl?: string
}
