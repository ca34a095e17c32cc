import { type Browser, chromium } from 'playwright-core'
import { PARTS } from './parts.ts'

/** Starts a real Chromium without a window. Call `close`. */
export function startBrowser(): Promise<Browser> {
  const executablePath = PARTS.chromium.find()
  if (executablePath === undefined) throw new Error(`no browser for tests: ${PARTS.chromium.enable}`)
  // Chromium's own sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, headless: true, args })
}
