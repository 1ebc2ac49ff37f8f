import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A clock that a test moves: milliseconds since 1970. Other processes read it in its file, so that all agree at once. */
export interface TestClock {
  nowMs: number
  file: string
  remove(): void
}

/** Stands still at `startMs` until it is moved. */
export function createTestClock(startMs: number = Date.now()): TestClock {
  const folder = mkdtempSync(join(tmpdir(), 'chatbot-clock-'))
  const file = join(folder, 'now')
  let nowMs = startMs
  const write = () => writeFileSync(file, String(nowMs))
  write()
  return {
    file,
    get nowMs() {
      return nowMs
    },
    set nowMs(ms) {
      nowMs = ms
      write()
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What the clock of this file shows. */
export const readTestClock = (file: string) => Number(readFileSync(file, 'utf8'))
