import { type Html, html } from './html.ts'
import type { Operation, Weight } from './index-page.ts'
import { STYLE } from './style.ts'

/** Everything before the page's content. */
export function pageStart(title: string): Html {
  // The style is written by hand and hashed for the policy: it must stand there byte for byte.
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<main>
`
}

export function pageEnd(): Html {
  return html`
</main>
</body>
</html>
`
}

/** What a server says of itself that somebody configured: nothing of anybody's pictures. */
export function plainBody(version: string): Html {
  return html`<h1>Tintype <small>${version}</small></h1>
<p class="soft">An image server over your own buckets. It is running.</p>
<dl>
<dt>Health</dt><dd><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></dd>
<dt>Documentation</dt><dd>the folder <code>docs/</code> of the installation</dd>
</dl>`
}

/** The words above the gallery, and the beginning of its list. */
export function galleryHead(version: string, example: string | undefined): Html {
  return html`<h1>Tintype <small>${version}</small></h1>
<p>These are the pictures of the demo project, served by this machine. Every number was measured just now: the file as it
lies in the folder, and what <code>optimise</code> makes of it for a browser of any age and for one that takes AVIF and WebP.</p>
${example === undefined ? html`<p class="soft">There are no pictures yet. They are being painted, or the folder is empty.</p>` : html`<p class="soft">A picture 400 wide: <a href="${example}"><code>${example}</code></a></p>`}
<ul class="gallery">`
}

/** One picture with its numbers and its links. Without weights it says that it could not be read. */
export function card(picture: {
  readonly title: string
  readonly name: string
  readonly path: (operation: Operation, size?: string) => string
  readonly weights?: { readonly original: Weight; readonly plain: Weight; readonly modern: Weight }
}): Html {
  const { title, name, path, weights } = picture
  return html`
<li class="card">
<a href="${path('optimise')}"><img src="${path('resize', '720')}" alt="${title}" width="720" height="480" loading="lazy"></a>
<div class="text">
<h2>${title}</h2>
${weights === undefined ? html`<p class="soft">This picture could not be measured. The server’s log says why.</p>` : numbers(weights)}
<nav aria-label="${`URLs of ${name}`}">
<a href="${path('optimise')}">optimise</a>
<a href="${path('resize', '400')}">resize 400</a>
<a href="${path('fit', '300x300')}">fit 300×300</a>
<a href="${path('asis')}">asis</a>
</nav>
</div>
</li>`
}

function numbers({
  original,
  plain,
  modern,
}: {
  readonly original: Weight
  readonly plain: Weight
  readonly modern: Weight
}): Html {
  return html`<table>
<tr><th scope="row">Original</th><td>${format(original)}</td><td>${size(original.bytes)}</td><td></td></tr>
<tr><th scope="row">Any browser</th><td>${format(plain)}</td><td>${size(plain.bytes)}</td><td>${gain(original, plain)}</td></tr>
<tr><th scope="row">Modern browser</th><td>${format(modern)}</td><td>${size(modern.bytes)}</td><td>${gain(original, modern)}</td></tr>
</table>`
}

/** `image/svg+xml; charset=utf-8` → `SVG`. */
function format({ type }: Weight): string {
  const [subtype = type] = (type.split('/')[1] ?? type).split(/[+;]/)
  return subtype.trim().toUpperCase()
}

/** Bytes in units of a thousand, as files are shown. */
function size(bytes: number): string {
  return bytes < 1_000_000
    ? `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function gain(before: Weight, after: Weight): Html {
  const percent = before.bytes === 0 ? 0 : Math.round((1 - after.bytes / before.bytes) * 100)
  return percent > 0 ? html`<span class="gain">−${percent} %</span>` : html`<span class="soft">as it is</span>`
}
