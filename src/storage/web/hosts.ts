/**
 * Whether a URL's host stands in an allow-list (pixboost §3). Entries: a host, matched exactly; `.example.org`, every
 * sub-domain of it; either may end in `:port`, without which any port matches. Case and a final dot have no meaning.
 */
export function hostAllowed(url: URL, allowed: readonly string[]): boolean {
  const host = bare(url.hostname)
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return allowed.some((entry) => {
    const wanted = parseEntry(entry)
    if (wanted === undefined || (wanted.port !== undefined && wanted.port !== port)) return false
    return wanted.subdomains ? host.endsWith(`.${wanted.host}`) : host === wanted.host
  })
}

function parseEntry(entry: string): { host: string; port: string | undefined; subdomains: boolean } | undefined {
  const text = entry.trim()
  const subdomains = text.startsWith('.')
  const named = subdomains ? text.slice(1) : text
  // The URL parser brings host names into the form that URLs have: lower case, punycode, plain IPv4.
  const url = URL.parse(`http://${named}`)
  if (named === '' || url === null || url.pathname !== '/' || url.search !== '' || url.username !== '') return undefined
  return { host: bare(url.hostname), port: /:(\d+)$/.exec(named)?.[1]?.replace(/^0+(?=\d)/, ''), subdomains }
}

function bare(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '')
}
