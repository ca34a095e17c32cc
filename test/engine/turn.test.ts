import { describe, expect, it } from 'vitest'
import {
  compose,
  inverse,
  rightAngle,
  type Turn,
  turnOf,
  turnRegion,
  turnSize,
  UPRIGHT,
} from '../../src/engine/turn.ts'

const TURNS: readonly Turn[] = [1, 2, 3, 4, 5, 6, 7, 8].map(turnOf)
const SIZE = { width: 7, height: 5 }
const REGION = { left: 1, top: 2, width: 3, height: 2 }

describe('turns', () => {
  it('are eight, all different, and an orientation that does not exist is upright', () => {
    expect(new Set(TURNS.map((turn) => JSON.stringify(turn))).size).toBe(8)
    expect(turnOf(0)).toEqual(UPRIGHT)
    expect(turnOf(9)).toEqual(UPRIGHT)
  })

  it('undo themselves with their inverse', () => {
    for (const turn of TURNS) {
      expect(compose(turn, inverse(turn))).toEqual(UPRIGHT)
      expect(turnRegion(inverse(turn), turnRegion(turn, REGION, SIZE), turnSize(turn, SIZE))).toEqual(REGION)
    }
  })

  it('compose to the turn that moves every region the same way', () => {
    for (const first of TURNS) {
      for (const second of TURNS) {
        const between = turnRegion(first, REGION, SIZE)
        const moved = turnRegion(second, between, turnSize(first, SIZE))
        expect(turnRegion(compose(first, second), REGION, SIZE)).toEqual(moved)
      }
    }
  })

  it('take the left top corner where the clockwise angle says', () => {
    const corner = { left: 0, top: 0, width: 1, height: 1 }
    expect(turnRegion(rightAngle(90), corner, SIZE)).toMatchObject({ left: 4, top: 0 })
    expect(turnRegion(rightAngle(180), corner, SIZE)).toMatchObject({ left: 6, top: 4 })
    expect(turnRegion(rightAngle(-90), corner, SIZE)).toMatchObject({ left: 0, top: 6 })
  })
})
