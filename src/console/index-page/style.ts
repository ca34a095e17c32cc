import { createHash } from 'node:crypto'

/** The page's only style sheet; it stands in the page, and the policy below names it by its hash. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5c6578; --line: #dfe3ea; --paper: #f6f7f9; --card: #fff; --mark: #0f6f66; --gain: #e0f2ef }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf1; --soft: #9aa4b6; --line: #2c3442; --paper: #12161d; --card: #1a202a; --mark: #62d2c3; --gain: #17332f } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
main { max-width: 76rem; margin: 0 auto; padding: 3rem 1.25rem 4rem }
h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em }
h1 small { font-size: .9rem; font-weight: 400; letter-spacing: 0; color: var(--soft) }
h2 { margin: 0 0 .6rem; font-size: 1.05rem }
p { max-width: 46rem; margin: .6rem 0 0 }
a { color: var(--mark); text-underline-offset: .15em }
a:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; border-radius: 2px }
code { font: .88em/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
.soft { color: var(--soft) }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); gap: 1.4rem; margin: 2.2rem 0 0; padding: 0; list-style: none }
.card { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; overflow: hidden }
.card > a { display: block; background: repeating-conic-gradient(#8883 0 25%, transparent 0 50%) 0 / 1.2rem 1.2rem }
.card img { display: block; width: 100%; height: auto; aspect-ratio: 3 / 2; object-fit: contain }
.card .text { padding: 1rem 1.1rem 1.1rem }
table { width: 100%; border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { padding: .3rem 0; border-top: 1px solid var(--line); text-align: left; font-weight: 400 }
th { color: var(--soft) }
td:not(:nth-child(2)) { text-align: right }
.gain { padding: .05rem .45rem; border-radius: 1rem; background: var(--gain); color: var(--mark); font-weight: 600 }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin-top: .8rem; font-size: .9rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.4rem; margin: 1.6rem 0 0 }
dt { color: var(--soft) } dd { margin: 0 }
`

/** Nothing but this style and pictures of this server; no scripts, no frames, no forms. */
export const POLICY = [
  "default-src 'none'",
  "img-src 'self'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
