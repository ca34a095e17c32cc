/** The raw target of a URL that begins with `base`, this server's public one; nothing for any other URL. */
export function ownTarget(base: string, url: string): string | undefined {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.origin !== URL.parse(base)?.origin || !url.startsWith(`${base}/`)) return undefined
  return url.slice(base.length).replace(/#.*$/s, '')
}
