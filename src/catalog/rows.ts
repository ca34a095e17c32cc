/** Rows ⇄ the objects of the model. */
import type { ConnectionInput } from './inputs.ts'
import type { Connection, Key } from './model.ts'
import { DIALECTS } from './rules.ts'
import type { ConnectionRow, KeyRow } from './tables.ts'

/** What `Connection.provider` may be. */
const PROVIDERS: readonly Connection['provider'][] = ['s3', 'folder', 'web', 'azure']

export function toKey(row: KeyRow): Key {
  return {
    label: row.label,
    publicKey: row.public_key,
    allowedHosts: toTexts(row.allowed_hosts),
    dialects: toTexts(row.dialects).flatMap((name) => DIALECTS.filter((dialect) => dialect === name)),
    declared: row.declared_in !== null,
  }
}

export function toConnection(row: ConnectionRow): Connection {
  const provider = PROVIDERS.find((name) => name === row.provider)
  if (!provider) throw new Error(`connection ${row.id} is of a kind that this version does not know: ${row.provider}`)
  const optional = {
    bucket: row.bucket,
    region: row.region,
    endpoint: row.endpoint,
    forcePathStyle: row.force_path_style === null ? null : row.force_path_style === 1,
    accessKeyId: row.access_key_id,
    path: row.path,
    baseUrl: row.base_url,
    accountName: row.account_name,
    container: row.container,
    canonicalBaseUrl: row.canonical_base_url,
    publicBaseUrl: row.public_base_url,
  }
  return {
    id: row.id,
    revision: row.revision,
    alias: row.alias,
    name: row.name,
    provider,
    read: row.read === 1,
    write: row.write === 1,
    prefix: row.prefix,
    buckets: toTexts(row.buckets),
    encodeKeys: row.encode_keys === 1,
    operator: row.operator === 1,
    declared: row.declared_in !== null,
    ...withoutNulls(optional),
  }
}

/** Absent options are absent keys, not keys that hold null. */
function withoutNulls<T extends Record<string, unknown>>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const kept = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null))
  // The filter took the nulls, which the type of `Object.fromEntries` cannot say.
  return kept as { [K in keyof T]?: NonNullable<T[K]> }
}

/** The columns that a person decides; identity, order, revision and secrets are added by whoever writes the row. */
export type ConnectionColumns = Omit<
  ConnectionRow,
  'id' | 'project_id' | 'position' | 'revision' | 'sealed_secret_access_key' | 'sealed_account_key' | 'created_at'
>

export function toConnectionColumns(
  input: ConnectionInput,
  origin: { readonly operator: boolean; readonly file: string | null },
): ConnectionColumns {
  return {
    alias: input.alias,
    name: input.name ?? '',
    provider: input.provider,
    read: toSwitch(input.read ?? true),
    write: toSwitch(input.write ?? false),
    prefix: input.prefix ?? '',
    bucket: input.bucket ?? null,
    buckets: JSON.stringify(input.buckets ?? []),
    region: input.region ?? null,
    endpoint: input.endpoint ?? null,
    force_path_style: input.forcePathStyle === undefined ? null : toSwitch(input.forcePathStyle),
    access_key_id: input.accessKeyId ?? null,
    path: input.path ?? null,
    base_url: input.baseUrl ?? null,
    account_name: input.accountName ?? null,
    container: input.container ?? null,
    encode_keys: toSwitch(input.encodeKeys ?? false),
    canonical_base_url: input.canonicalBaseUrl ?? null,
    public_base_url: input.publicBaseUrl ?? null,
    operator: toSwitch(origin.operator),
    declared_in: origin.file,
  }
}

/** Where a secret is sealed for: its table, row and column. */
export const purposeOf = {
  keySecret: (publicKey: string) => `keys/${publicKey}/secret`,
  secretAccessKey: (connectionId: string) => `connections/${connectionId}/secret_access_key`,
  accountKey: (connectionId: string) => `connections/${connectionId}/account_key`,
}

function toSwitch(on: boolean): number {
  return on ? 1 : 0
}

function toTexts(json: string): string[] {
  const list: unknown = JSON.parse(json)
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
}
