/** Whether values of 16 bits are those of 8 bits written twice (n × 257), whatever the byte order. */
export function sameValues(deep: Uint8Array, flat: Uint8Array): boolean {
  if (deep.length !== 2 * flat.length) return false
  for (let i = 0; i < flat.length; i++) {
    if (deep[2 * i] !== flat[i] || deep[2 * i + 1] !== flat[i]) return false
  }
  return true
}
