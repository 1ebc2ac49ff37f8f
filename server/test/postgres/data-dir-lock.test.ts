import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataDirBusyError, lockDataDir } from '../../src/platform/postgres/data-dir-lock.ts'

let parent: string
let dataDir: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'chatbot-lock-'))
  dataDir = join(parent, 'data')
})

afterEach(() => rm(parent, { recursive: true, force: true }))

const lockModule = new URL('../../src/platform/postgres/data-dir-lock.ts', import.meta.url).href

/** Another process that holds the lock until it is killed. */
async function startHolder() {
  const script = `
    const { lockDataDir } = await import(${JSON.stringify(lockModule)})
    await lockDataDir(process.argv[1])
    console.log('locked')
    setInterval(() => globalThis.gc(), 10)`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  // Time enough for garbage collection to find a lock that nobody holds on to.
  await sleep(50)
  return child
}

test('a folder in use by another process is refused with its name, the process and the way out', async () => {
  const holder = await startHolder()
  const refusal: unknown = await lockDataDir(dataDir, 100).catch((error: unknown) => error)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(refusal).toBeInstanceOf(DataDirBusyError)
  expect(refusal).toMatchObject({ dataDir, pid: holder.pid })
  expect(String(refusal)).toContain(`${dataDir} is in use by another process (pid ${holder.pid})`)
  expect(String(refusal)).toMatch(/DATA_DIR=.* PORT=/)
})

test('the lock of a process that was killed is free at once', async () => {
  const holder = await startHolder()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = await lockDataDir(dataDir, 0)
  expect(await readFile(join(dataDir, 'server.pid'), 'utf8')).toBe(`${process.pid}\n`)
  await lock.release()
})

test('files that a crash left behind do not lock, not even with the id of a live process', async () => {
  const first = await lockDataDir(dataDir)
  await first.release()
  await writeFile(join(dataDir, 'server.pid'), `${process.ppid}\n`)
  const second = await lockDataDir(dataDir, 0)
  await second.release()
})

test('only one of many callers gets the lock, and the next gets it after the release', async () => {
  const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataDir(dataDir, 0)))
  const winners = attempts.filter((attempt) => attempt.status === 'fulfilled')
  expect(winners).toHaveLength(1)
  await winners[0]?.value.release()
  const next = await lockDataDir(dataDir, 0)
  await next.release()
})

test('a holder that is just ending is waited for', async () => {
  const lock = await lockDataDir(dataDir)
  setTimeout(() => void lock.release(), 200)
  const next = await lockDataDir(dataDir, 5_000)
  await next.release()
})

test('a missing folder is made for its owner only, and one that cannot be made is named', async () => {
  const lock = await lockDataDir(dataDir)
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
  await lock.release()
  await writeFile(join(parent, 'file'), '')
  await expect(lockDataDir(join(parent, 'file', 'data'))).rejects.toThrow(/Cannot create the data folder .*DATA_DIR/)
})
