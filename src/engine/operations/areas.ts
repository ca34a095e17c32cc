import sharp from 'sharp'
import { regionOf } from '../../plan/drawn.ts'
import type { Region, Size } from '../../plan/facts.ts'
import { intersect, sameSize } from '../../plan/geometry.ts'
import type { Drawing } from '../../plan/plan.ts'
import type { Cover, CoverWish } from '../drawing/cover.ts'
import type { Brush } from '../drawing/draw.ts'
import type { Raw } from '../raw.ts'
import { blurredCover, LEAST_BLUR } from './blur.ts'

type Areas = Extract<Drawing<number>, { readonly name: 'areas' }>
type AreasBrush = Extract<Brush, { readonly name: 'areas' }>
/** Areas that are worked on together, and the part of the picture that they touch. */
type Group = { readonly box: Region; readonly regions: readonly Region[] }

/**
 * What an effect in areas needs beside the picture: where it is seen, and for a blur the blurred picture there. Areas far apart are
 * made ready by themselves, so that little areas of a large picture are little work. `trace` draws areas with sharp outlines.
 */
export async function areasBrush(
  { areas, shape, softness, effect }: Areas,
  picture: Raw,
  trace: (wish: CoverWish) => Promise<Cover>,
): Promise<AreasBrush> {
  const size = effect.name === 'pixelate' ? Math.round(effect.size) : 1
  const reach = (region: Region) => onGrid(around(region, softness, picture), size, picture)
  const parts: AreasBrush['parts'][number][] = []
  for (const { box, regions } of groupsOf(areas.map(regionOf), reach)) {
    const hard = await trace({ areas: regions, shape, box })
    // At the picture's edge the outline is not softened: there the areas go on.
    const cover = softness < LEAST_BLUR ? hard : { ...hard, raw: await blurredCover(hard.raw, box, softness) }
    parts.push({
      cover,
      effect: effect.name === 'pixelate' ? { name: 'pixelate', size } : await veil(effect.sigma, box),
    })
  }
  return { name: 'areas', parts }

  async function veil(sigma: number, box: Region) {
    const wide = around(box, sigma, picture)
    const raw = await blurredCover(await cutOut(picture, wide), wide, sigma)
    return { name: 'veil', veil: { raw, left: wide.left, top: wide.top } } as const
  }
}

/** Regions in groups whose boxes do not meet; `reach` gives the box of one. */
function groupsOf(regions: readonly Region[], reach: (region: Region) => Region): readonly Group[] {
  return regions.reduce<readonly Group[]>(
    (groups, region) => joined(groups, { box: reach(region), regions: [region] }),
    [],
  )
}

function joined(groups: readonly Group[], added: Group): readonly Group[] {
  const met = groups.filter((group) => meet(group.box, added.box))
  if (met.length === 0) return [...groups, added]
  const apart = groups.filter((group) => !met.includes(group))
  const all = [...met, added]
  // The larger box may meet others now.
  return joined(apart, { box: union(all.map(({ box }) => box)), regions: all.flatMap((group) => group.regions) })
}

function meet(one: Region, other: Region): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  )
}

function union(regions: readonly Region[]): Region {
  const left = Math.min(...regions.map((one) => one.left))
  const top = Math.min(...regions.map((one) => one.top))
  const right = Math.max(...regions.map((one) => one.left + one.width))
  const bottom = Math.max(...regions.map((one) => one.top + one.height))
  return { left, top, width: right - left, height: bottom - top }
}

/** The part of a picture that holds a region and what a Gaussian spreads around it. */
function around({ left, top, width, height }: Region, sigma: number, picture: Size): Region {
  const room = Math.ceil(3 * sigma)
  const wide = { left: left - room, top: top - room, width: width + 2 * room, height: height + 2 * room }
  return intersect(wide, picture) ?? { left: 0, top: 0, ...sidesOf(picture) }
}

/** A region grown to whole blocks of a grid from the top-left corner: no block has a part in two groups. */
function onGrid({ left, top, width, height }: Region, size: number, picture: Size): Region {
  const start = { left: left - (left % size), top: top - (top % size) }
  const end = (at: number, side: number) => Math.min(side, Math.ceil(at / size) * size)
  return {
    ...start,
    width: end(left + width, picture.width) - start.left,
    height: end(top + height, picture.height) - start.top,
  }
}

async function cutOut({ data, width, height }: Raw, region: Region): Promise<Raw> {
  const raw = { width, height, channels: 4 } as const
  if (sameSize(region, raw)) return { data, ...raw }
  const cut = await sharp(data, { raw, limitInputPixels: false })
    .extract({ ...region })
    .raw()
    .toBuffer()
  return { data: cut, ...sidesOf(region), channels: 4 }
}

const sidesOf = ({ width, height }: Size): Size => ({ width, height })
