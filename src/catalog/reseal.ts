/** Which master keys the database knows, and the change from an old one to a new one. */
import type { Tx } from './keys.ts'
import { purposeOf } from './rows.ts'
import { type Vault, VaultError } from './vault.ts'

/**
 * Throws VaultError when something may be sealed with a master key that is not known here, and notes the newest one. Asked
 * before every change too: a server that missed a change of keys must not seal with a key that is no longer given.
 */
export async function admitVault(tx: Tx, vault: Vault): Promise<void> {
  const used = (await tx.selectFrom('vault_keys').select('key_id').execute()).map(({ key_id }) => key_id)
  const unknown = used.filter((id) => !vault.keyIds.includes(id))
  if (unknown.length > 0) {
    throw new VaultError(
      `the database is sealed with master key ${unknown.join(' and ')}, the one given here is ${vault.keyIds.join(' and ')}: ` +
        'set masterKey (or TINTYPE_MASTER_KEY) to the key the database was made with, the same on every server, ' +
        'and to change it, give the former one in previousMasterKeys',
    )
  }
  const [newest] = vault.keyIds
  if (used.includes(newest)) return
  await tx.insertInto('vault_keys').values({ key_id: newest, created_at: new Date().toISOString() }).execute()
}

/** Seals every secret with the newest key and finds it by a new HMAC. Returns how many were sealed anew. */
export async function resealAll(tx: Tx, vault: Vault): Promise<number> {
  const keys = await tx.selectFrom('keys').select(['public_key', 'sealed_secret']).execute()
  let count = 0
  for (const { public_key, sealed_secret } of keys) {
    if (sealed_secret === null || vault.isCurrent(sealed_secret)) continue
    const purpose = purposeOf.keySecret(public_key)
    const secret = vault.open(sealed_secret, purpose)
    await tx
      .updateTable('keys')
      .set({ sealed_secret: vault.seal(secret, purpose), secret_index: vault.indexes(secret)[0] })
      .where('public_key', '=', public_key)
      .execute()
    count++
  }
  count += await resealConnections(tx, vault)
  await tx.deleteFrom('vault_keys').where('key_id', '!=', vault.keyIds[0]).execute()
  return count
}

async function resealConnections(tx: Tx, vault: Vault): Promise<number> {
  const rows = await tx
    .selectFrom('connections')
    .select(['id', 'sealed_secret_access_key', 'sealed_account_key'])
    .execute()
  const again = (sealed: string | null, purpose: string) =>
    sealed === null || vault.isCurrent(sealed) ? sealed : vault.seal(vault.open(sealed, purpose), purpose)
  let count = 0
  for (const row of rows) {
    const columns = {
      sealed_secret_access_key: again(row.sealed_secret_access_key, purposeOf.secretAccessKey(row.id)),
      sealed_account_key: again(row.sealed_account_key, purposeOf.accountKey(row.id)),
    }
    const changed = [
      columns.sealed_secret_access_key !== row.sealed_secret_access_key,
      columns.sealed_account_key !== row.sealed_account_key,
    ].filter(Boolean).length
    if (changed === 0) continue
    await tx.updateTable('connections').set(columns).where('id', '=', row.id).execute()
    count += changed
  }
  return count
}
