/**
 * Seals secrets so that the database alone gives none away: AES-256-GCM, a fresh nonce each time, bound to the row they
 * belong to. Several master keys may be known at once: the first seals, all open. Sealed form: `v1.keyId.nonce.tag.text`.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** A sealed value cannot be opened: another master key, another row, or damage. Holds no part of the value. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
}

export type Vault = {
  /** Names of the known master keys, the sealing one first; they say nothing about the keys. */
  readonly keyIds: readonly [string, ...string[]]
  /** `purpose` names table, row and column: a value moved elsewhere does not open. */
  seal(plain: string, purpose: string): string
  /** Throws VaultError. */
  open(sealed: string, purpose: string): string
  /** Whether the newest key sealed it. */
  isCurrent(sealed: string): boolean
  /** What a secret is found by: an HMAC under each known key, the newest first. */
  indexes(secret: string): readonly [string, ...string[]]
}

/** `masters`: 32 bytes each, the newest first. */
export function createVault(masters: readonly [Buffer, ...Buffer[]]): Vault {
  const newest = derive(masters[0])
  const older = masters.slice(1).map(derive)
  const keys = [newest, ...older]
  const index = (key: DerivedKey, secret: string) =>
    `${key.id}.${createHmac('sha256', key.index).update(secret).digest('base64url')}`
  return {
    keyIds: [newest.id, ...older.map(({ id }) => id)],
    seal: (plain, purpose) => seal(newest, plain, purpose),
    open: (sealed, purpose) => open(keys, sealed, purpose),
    isCurrent: (sealed) => keyIdOf(sealed) === newest.id,
    indexes: (secret) => [index(newest, secret), ...older.map((key) => index(key, secret))],
  }
}

type DerivedKey = { readonly id: string; readonly seal: Buffer; readonly index: Buffer }

/** One master key serves several uses; HKDF keeps them apart. */
function derive(master: Buffer): DerivedKey {
  const part = (use: string, bytes: number) => Buffer.from(hkdfSync('sha256', master, '', `tintype ${use}`, bytes))
  return { id: part('id', 6).toString('hex'), seal: part('seal', 32), index: part('index', 32) }
}

const VERSION = 'v1'

/** The name and version are authenticated too, so that neither can be changed. */
function boundTo(key: DerivedKey, purpose: string): Buffer {
  return Buffer.from(`${VERSION}\n${key.id}\n${purpose}`)
}

function seal(key: DerivedKey, plain: string, purpose: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key.seal, nonce)
  cipher.setAAD(boundTo(key, purpose))
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return [VERSION, key.id, ...[nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url'))].join('.')
}

function open(keys: readonly DerivedKey[], sealed: string, purpose: string): string {
  const [version, keyId, nonce, tag, text] = sealed.split('.')
  if (version !== VERSION || nonce === undefined || tag === undefined || text === undefined) {
    throw new VaultError(`the sealed value of ${purpose} is damaged`)
  }
  const key = keys.find(({ id }) => id === keyId)
  if (!key) throw new VaultError(`the secret of ${purpose} is sealed with master key ${keyId}, which is not known here`)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.seal, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
    decipher.setAAD(boundTo(key, purpose))
    decipher.setAuthTag(Buffer.from(tag, 'base64url'))
    return Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new VaultError(`the sealed value of ${purpose} is damaged or belongs elsewhere`, { cause })
  }
}

function keyIdOf(sealed: string): string | undefined {
  return sealed.split('.')[1]
}

/** Compares in a time that tells nothing about where two texts differ, nor about their lengths. */
export function equalSecrets(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
