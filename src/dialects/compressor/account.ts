import type { Directory, Project } from '../../catalog/model.ts'

/**
 * The project whose key a request carries: the user name of Basic, whose password is ignored, or a Bearer token (compressor
 * §1). The key is a project's secret. `undefined` for a missing, malformed or unknown one and for a key of other dialects.
 */
export function callerOf(authorization: string | undefined, directory: Directory): Project | undefined {
  const secret = keyOf(authorization)
  const found = secret === undefined || secret === '' ? undefined : directory.bySecret(secret)
  if (found === undefined) return undefined
  const { dialects } = found.key
  return dialects.length === 0 || dialects.includes('compressor') ? found.project : undefined
}

function keyOf(authorization: string | undefined): string | undefined {
  const [, scheme = '', credentials = ''] = /^(basic|bearer) +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (scheme === '') return undefined
  if (scheme.toLowerCase() === 'bearer') return credentials
  return Buffer.from(credentials, 'base64').toString().split(':')[0]
}
