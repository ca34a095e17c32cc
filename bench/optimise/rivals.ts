/** What Tintype is compared with: encoders with a scale of qualities, and packers without loss. */
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'

export type Format = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'
/** A program or encoder with a scale of qualities, 1…100. GIF takes and gives a GIF, the others take a PNG. */
export type Rival = {
  readonly name: string
  readonly format: Format
  encode(source: Buffer, quality: number): Promise<Buffer>
}
export type Plain = {
  readonly name: string
  readonly format: 'jpeg' | 'png' | 'gif'
  pack(bytes: Buffer): Promise<Buffer>
}

/** Those that are installed; files are made in `folder`. */
export function rivals(folder: string): readonly Rival[] {
  const tool = (command: string, format: Format, encode: Rival['encode']): Rival[] =>
    installed(command) ? [{ name: command, format, encode }] : []
  return [
    { name: 'sharp', format: 'jpeg', encode: (png, quality) => sharp(png).jpeg({ quality }).toBuffer() },
    { name: 'sharp', format: 'png', encode: (png, quality) => sharp(png).png({ palette: true, quality }).toBuffer() },
    { name: 'sharp', format: 'webp', encode: (png, quality) => sharp(png).webp({ quality }).toBuffer() },
    { name: 'sharp', format: 'avif', encode: (png, quality) => sharp(png).avif({ quality, effort: 1 }).toBuffer() },
    ...tool('jpegoptim', 'jpeg', async (png, quality) => {
      const best = await sharp(png).jpeg({ quality: 100 }).toBuffer()
      return through(folder, best, 'jpg', (file) => [
        'jpegoptim',
        '-q',
        '-s',
        '--all-progressive',
        `-m${quality}`,
        file,
      ])
    }),
    ...tool('pngquant', 'png', (png, quality) =>
      through(folder, png, 'png', (file) => [
        'pngquant',
        '--force',
        '--strip',
        '--output',
        file,
        '--quality',
        `0-${quality}`,
        file,
      ]),
    ),
    ...tool('cwebp', 'webp', (png, quality) =>
      through(folder, png, 'png', (file) => ['cwebp', '-quiet', '-m', '6', '-q', `${quality}`, file, '-o', file]),
    ),
    ...tool('cwebp', 'webp', (png, quality) =>
      through(folder, png, 'png', (file) => [
        'cwebp',
        '-quiet',
        '-m',
        '6',
        '-af',
        '-q',
        `${quality}`,
        file,
        '-o',
        file,
      ]),
    ).map((one) => ({ ...one, name: 'cwebp -af' })),
    ...tool('gifsicle', 'gif', (gif, quality) =>
      through(folder, gif, 'gif', (file) => [
        'gifsicle',
        '-w',
        '-b',
        '-O3',
        '--no-comments',
        `--lossy=${lossOf(quality)}`,
        file,
      ]),
    ),
  ]
}

/** Those that are installed; files are made in `folder`. */
export function packers(folder: string): readonly Plain[] {
  const tool = (
    command: string,
    format: Plain['format'],
    ending: string,
    options: (file: string) => string[],
  ): Plain[] =>
    installed(command)
      ? [
          {
            name: command,
            format,
            pack: (bytes) => through(folder, bytes, ending, (file) => [command, ...options(file)]),
          },
        ]
      : []
  return [
    { name: 'sharp', format: 'png', pack: (bytes) => sharp(bytes).png({ compressionLevel: 9 }).toBuffer() },
    ...tool('optipng', 'png', 'png', (file) => ['-quiet', '-strip', 'all', '-o2', file]),
    ...tool('jpegoptim', 'jpeg', 'jpg', (file) => ['-q', '-s', '--all-progressive', file]),
    ...tool('gifsicle', 'gif', 'gif', (file) => ['-w', '-b', '-O3', '--no-comments', file]),
  ]
}

/** From none at 100 to 400 at 1, in steps that grow: the first change most. */
function lossOf(quality: number): number {
  return Math.round(0.04 * (100 - quality) ** 2)
}

/** Writes bytes to a file, lets a program change it, and reads it again. */
async function through(
  folder: string,
  bytes: Buffer,
  ending: string,
  command: (file: string) => readonly string[],
): Promise<Buffer> {
  const file = join(folder, `picture.${ending}`)
  await writeFile(file, bytes)
  const [name = '', ...options] = command(file)
  execFileSync(name, options, { stdio: ['ignore', 'ignore', 'ignore'] })
  return readFile(file)
}

const known = new Map<string, boolean>()

function installed(command: string): boolean {
  let found = known.get(command)
  if (found === undefined) {
    try {
      execFileSync('which', [command], { stdio: 'ignore' })
      found = true
    } catch {
      found = false
    }
    known.set(command, found)
    if (!found) console.log(`${command} is not installed and left out`)
  }
  return found
}
