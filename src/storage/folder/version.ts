/** Modification time in nanoseconds, size and inode: an ETag that changes with every write, quoted as HTTP wants it. */
export function versionOf(stat: { readonly mtimeNs: bigint; readonly size: bigint; readonly ino: bigint }): string {
  return `"${stat.mtimeNs.toString(36)}-${stat.size.toString(36)}-${stat.ino.toString(36)}"`
}
