/** What a picture without a name is called. */
const NAMELESS = 'image'
/** Longest name, characters: results are objects and downloads. */
const LONGEST = 200

/** `file_name` of a picture behind a URL: the last path segment, decoded, without query (kraken §7). */
export function nameOfUrl(url: string): string {
  const segment = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  return tidy(decoded(segment))
}

/** `file_name` of an upload: what the client called it, without folders. */
export function nameOfUpload(filename: string): string {
  return tidy(filename)
}

function tidy(name: string): string {
  const bare = (name.split(/[/\\]/).at(-1) ?? '')
    .replace(/\p{Cc}/gu, '')
    .toWellFormed()
    .trim()
  const short = [...bare].length > LONGEST ? [...bare].slice(-LONGEST).join('') : bare
  return short === '' || short === '.' || short === '..' ? NAMELESS : short
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
