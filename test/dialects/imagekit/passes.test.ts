import { describe, expect, it } from 'vitest'
import { IMAGE_DEFAULTS } from '../../../src/catalog/rules.ts'
import { parseChain } from '../../../src/dialects/imagekit/chain.ts'
import { compileChain } from '../../../src/dialects/imagekit/compile.ts'
import { lower } from '../../../src/engine/lower.ts'
import type { Stage } from '../../../src/engine/passes.ts'
import { resolve } from '../../../src/plan/resolve.ts'

const LIMITS = { inputPixels: 1e8, outputPixels: 1e8, frames: 100 }

function stages(tr: string): readonly Stage[] {
  const { plan } = compileChain(parseChain(tr), {
    settings: IMAGE_DEFAULTS,
    senses: { webp: true, avif: false, saveData: false },
    thumbnail: false,
    source: (key) => ({ kind: 'object', connection: 'bucket', key }),
  })
  const { steps } = resolve(plan.steps, { width: 4000, height: 3000, frames: 1, orientation: 6 }, LIMITS)
  return lower(steps, { width: 4000, height: 3000 })
}

describe('runs of the image library for typical URLs, on a photograph that lies on its side', () => {
  it.each([
    ['', 1],
    ['w-300', 1],
    ['w-300,h-300', 1],
    ['w-300,h-300,fo-top', 1],
    ['w-300,c-at_max', 1],
    ['w-300,h-300,cm-pad_resize,bg-F3F3F3', 1],
    ['w-300,h-300,cm-extract', 1],
    ['w-400,bl-5', 1],
    ['w-400,r-20', 1],
    ['w-400,b-5_red', 1],
    ['w-400,l-image,i-logo.png,w-50,lfo-bottom_right,l-end', 1],
    ['w-400,dpr-2,q-50,f-webp', 1],
    ['w-400,h-300:rt-90', 1],
    ['w-400,h-300:w-200', 2],
    ['w-300,h-300,cm-pad_resize,bg-blurred', 2],
  ])('%s takes %i passes', (tr, count) => {
    expect(stages(tr)).toHaveLength(count)
  })

  it('a plain resize reads the picture no larger than needed: nothing is cut before the scale', () => {
    for (const tr of ['w-300', 'w-300,h-300', 'w-300,h-300,cm-pad_resize']) {
      const [pass] = stages(tr)
      expect(pass).toMatchObject({ kind: 'pass', resize: expect.anything() })
      expect(pass).not.toHaveProperty('window')
    }
  })
})
