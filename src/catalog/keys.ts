/** Changes of key pairs, each inside of a transaction that holds the lock. */
import { randomBytes, randomInt } from 'node:crypto'
import type { Transaction } from 'kysely'
import { Fault } from '../faults.ts'
import type { KeyInput } from './inputs.ts'
import { purposeOf } from './rows.ts'
import { isPublicKey } from './rules.ts'
import type { KeyRow, Tables } from './tables.ts'
import type { Vault } from './vault.ts'

export type Tx = Transaction<Tables>

/** A random public key in the Pixboost shape: Base64 of a decimal 32-bit number, `=` written `_` (pixboost §3). */
export function generatePublicKey(): string {
  return Buffer.from(String(randomInt(2 ** 32)))
    .toString('base64')
    .replaceAll('=', '_')
}

/** 256 random bits; letters, digits, `-` and `_` only, so that it goes unharmed through any form or URL. */
export function generateSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** A generated public key that no key has yet. */
export async function freePublicKey(tx: Tx): Promise<string> {
  for (;;) {
    const publicKey = generatePublicKey()
    if (isPublicKey(publicKey) && !(await keyOf(tx, publicKey))) return publicKey
  }
}

export function keyOf(tx: Tx, publicKey: string): Promise<KeyRow | undefined> {
  return tx.selectFrom('keys').selectAll().where('public_key', '=', publicKey).executeTakeFirst()
}

type Place = { readonly projectId: string; readonly position: number; readonly file: string | null }

/** Writes a new key. Fault conflict when its public key or its secret is taken; whose it is stays untold. */
export async function insertKey(
  tx: Tx,
  vault: Vault,
  place: Place,
  key: KeyInput & { readonly publicKey: string },
): Promise<void> {
  const { publicKey, secret } = key
  if (await keyOf(tx, publicKey)) {
    throw new Fault('conflict', `the public key ${publicKey} is taken`, { context: { field: 'publicKey' } })
  }
  if (secret !== undefined && (await isSecretTaken(tx, vault, secret))) {
    throw new Fault('conflict', `the secret of ${publicKey} is taken by another key`, { context: { field: 'secret' } })
  }
  await tx
    .insertInto('keys')
    .values({
      public_key: publicKey,
      project_id: place.projectId,
      position: place.position,
      label: key.label ?? '',
      sealed_secret: secret === undefined ? null : vault.seal(secret, purposeOf.keySecret(publicKey)),
      secret_index: secret === undefined ? null : vault.indexes(secret)[0],
      allowed_hosts: JSON.stringify(key.allowedHosts ?? []),
      dialects: JSON.stringify(key.dialects ?? []),
      declared_in: place.file,
      created_at: new Date().toISOString(),
    })
    .execute()
}

/** Under every known master key: until all is sealed anew, the unique index alone does not see it. */
async function isSecretTaken(tx: Tx, vault: Vault, secret: string): Promise<boolean> {
  const taken = await tx
    .selectFrom('keys')
    .select('public_key')
    .where('secret_index', 'in', vault.indexes(secret))
    .execute()
  return taken.length > 0
}

/** The key, when it may be changed by hand. Fault not-found, or read-only naming the file that declares it. */
export async function editableKey(tx: Tx, projectId: string, publicKey: string): Promise<KeyRow> {
  const row = await keyOf(tx, publicKey)
  if (row?.project_id !== projectId) throw new Fault('not-found', `project ${projectId} has no key ${publicKey}`)
  refuseDeclared(`key ${publicKey}`, row.declared_in)
  return row
}

/** Fault read-only for what stands in a file: a change would be undone at the next start. */
export function refuseDeclared(what: string, file: string | null): void {
  if (file === null) return
  throw new Fault('read-only', `${what} is declared in ${file}; change it there`, { context: { file } })
}

/** The next place in the project's order. */
export async function nextPosition(tx: Tx, table: 'keys' | 'connections', projectId: string): Promise<number> {
  const last = await tx
    .selectFrom(table)
    .select((eb) => eb.fn.max('position').as('position'))
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  return (last?.position ?? -1) + 1
}

/** Fault limit-reached naming the limit when the project has as many as it may. */
export async function refuseAtLimit(
  tx: Tx,
  table: 'keys' | 'connections',
  projectId: string,
  limit: { readonly name: string; readonly most: number },
): Promise<void> {
  const { count } = await tx
    .selectFrom(table)
    .select((eb) => eb.fn.countAll().as('count'))
    .where('project_id', '=', projectId)
    .executeTakeFirstOrThrow()
  if (Number(count) < limit.most) return
  throw new Fault('limit-reached', `project ${projectId} has ${count} ${table}, the most that ${limit.name} allows`, {
    context: { limit: limit.name, most: limit.most },
  })
}
