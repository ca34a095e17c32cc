/** The packed fields of a graphic control extension (GIF89a §23), their distance from its start, and what they say. */
const FLAGS = 3
const INDEX = 6
const TRANSPARENT = 1
const DISPOSAL = { shift: 2, mask: 7, background: 2 }

/** Colours of a frame's table that leave its last index free. */
export const COLOURS_BUT_ONE = 255

/**
 * Whether the first frame of a GIF shall be cleared before the second is drawn, but has no transparent colour. libvips writes that
 * when the first frame is opaque and full of colours; browsers clear to nothing then, other readers to a colour.
 */
export function clearsToColour(gif: Uint8Array): boolean {
  const at = firstControl(gif)
  const flags = at === undefined ? TRANSPARENT : (gif[at + FLAGS] ?? TRANSPARENT)
  return (flags & TRANSPARENT) === 0 && ((flags >> DISPOSAL.shift) & DISPOSAL.mask) === DISPOSAL.background
}

/** Gives such a GIF the last index, which its first frame must not use, as that frame's transparent colour. In place. */
export function clearToNothing(gif: Uint8Array): void {
  const at = firstControl(gif)
  if (at === undefined || !clearsToColour(gif)) return
  gif[at + FLAGS] = (gif[at + FLAGS] ?? 0) | TRANSPARENT
  gif[at + INDEX] = COLOURS_BUT_ONE
}

/** Where the first frame's control extension begins; nothing when it has none. */
function firstControl(gif: Uint8Array): number | undefined {
  const flags = gif[10] ?? 0
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  while (gif[at] === 0x21) {
    if (gif[at + 1] === 0xf9) return at
    at += 2
    for (let size = gif[at] ?? 0; size > 0; size = gif[at] ?? 0) at += 1 + size
    at += 1
  }
  return undefined
}
