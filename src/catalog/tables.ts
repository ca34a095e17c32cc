/** The tables as Kysely sees them. Both databases hold the same: switches are 0 or 1, lists are JSON, times are ISO 8601. */

export type Tables = {
  projects: ProjectRow
  settings: SettingRow
  keys: KeyRow
  connections: ConnectionRow
  files: FileRow
  upload_sessions: UploadSessionRow
  upload_pieces: UploadPieceRow
  revision: { id: number; value: number }
  vault_keys: { key_id: string; created_at: string }
  tintype_migrations: { name: string; applied_at: string }
}

/** The file an object was declared in; null when it was made by hand. */
type Declared = { declared_in: string | null }

export type ProjectRow = Declared & { id: string; created_at: string }

/** A dialect's section of a project's settings. */
export type SettingRow = Declared & { project_id: string; dialect: string; value: string }

export type KeyRow = Declared & {
  public_key: string
  project_id: string
  position: number
  label: string
  sealed_secret: string | null
  /** HMAC of the secret, so that a key is found by what is sealed. */
  secret_index: string | null
  allowed_hosts: string
  dialects: string
  created_at: string
}

export type ConnectionRow = Declared & {
  id: string
  project_id: string
  position: number
  alias: string
  revision: number
  name: string
  provider: string
  read: number
  write: number
  prefix: string
  bucket: string | null
  buckets: string
  region: string | null
  endpoint: string | null
  force_path_style: number | null
  access_key_id: string | null
  sealed_secret_access_key: string | null
  path: string | null
  base_url: string | null
  account_name: string | null
  sealed_account_key: string | null
  container: string | null
  encode_keys: number
  canonical_base_url: string | null
  public_base_url: string | null
  operator: number
  created_at: string
}

/** An uploaded file. Times are milliseconds since the epoch; Postgres hands the large numbers out as texts. */
export type FileRow = {
  handle: string
  project: string
  api_key: string
  state: string
  /** Whoever holds an unsettled file. */
  holder: string | null
  lease_until: number | null
  previous_version: string | null
  filename: string
  mimetype: string
  size: number
  location: string
  connection: string
  /** Empty where the store has none. */
  container: string
  object_key: string
  region: string | null
  access: string
  uploaded_ms: number
  source_url: string | null
  version: string | null
  /** JSON: name → hex. */
  digests: string
  width: number | null
  height: number | null
}

/** An upload that comes in parts. */
export type UploadSessionRow = Pick<
  FileRow,
  | 'handle'
  | 'project'
  | 'api_key'
  | 'filename'
  | 'mimetype'
  | 'size'
  | 'location'
  | 'connection'
  | 'container'
  | 'object_key'
  | 'region'
  | 'access'
> & {
  id: string
  secret: string
  exact: number
  chunked: number
  direct: number
  part_size: number | null
  store_upload: string | null
  expires_at: number
  state: string
  /** Whoever completes or sweeps it. */
  holder: string | null
  lease_until: number | null
  /** JSON. */
  merge: string | null
}

/** Bytes of such an upload that lie on a disk. */
export type UploadPieceRow = {
  session_id: string
  part: number
  seq: number
  start_at: number
  size: number
  etag: string
  file: string
  committed: number
}
