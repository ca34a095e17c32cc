/**
 * What stays beside the pixels, tag by tag (kraken §6). Whatever is not named goes.
 *
 * - `profile`: the ICC profile. Without it the pixels are not converted: that is the caller's decision.
 * - `date`: when the picture was taken and digitised.
 * - `copyright`: who made it and who owns it.
 * - `geotag`: latitude, longitude and the version of the GPS tags.
 * - `orientation`: `keep` carries the tag over; `upright` says that the pixels have been turned: a tag of 1 is written where the
 *   source had one; `drop` lets the picture appear as stored.
 */
export type KeepTags = {
  readonly profile: boolean
  readonly date: boolean
  readonly copyright: boolean
  readonly geotag: boolean
  readonly orientation: 'keep' | 'upright' | 'drop'
}

/** Everything that changes what the eye sees stays; all else goes. */
export const KEEP_MEANING: KeepTags = {
  profile: true,
  date: false,
  copyright: false,
  geotag: false,
  orientation: 'keep',
}

/** Nothing stays: kraken's default (§6). The picture may appear turned or in other colours. */
export const KEEP_NOTHING: KeepTags = { ...KEEP_MEANING, profile: false, orientation: 'drop' }
