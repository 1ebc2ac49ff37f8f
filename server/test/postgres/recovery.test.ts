import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { keepNote, postmasterPid, query, useScene } from './embedded-support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const scene = await useScene()

test('a PostgreSQL that outlived its killed server is adopted, and stopped like any other', async () => {
  const server = await scene.startServer()
  const pid = await postmasterPid(scene.dataDir)
  await server.kill()

  const postgres = await scene.start()
  expect(postgres.adopted).toBe(true)
  expect(await postmasterPid(scene.dataDir)).toBe(pid)
  expect(await query(postgres.runtimeUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
  await postgres.stop()
  await expect(postmasterPid(scene.dataDir)).rejects.toThrow('ENOENT')
})

test('after kill -9 of server and PostgreSQL the next start recovers what was committed', async () => {
  const server = await scene.startServer()
  await keepNote(server.superuserUrl, 'kept_over_a_crash')
  process.kill(await postmasterPid(scene.dataDir), 'SIGKILL')
  await server.kill()

  const postgres = await scene.start()
  expect(postgres.adopted).toBe(false)
  expect(await query(postgres.superuserUrl, 'SELECT text FROM kept_over_a_crash')).toEqual([{ text: 'kept' }])
})

test('a PostgreSQL that dies under a running server is started again at the same address', async () => {
  const { ownerUrl } = await scene.start()
  await keepNote(ownerUrl, 'kept_over_a_restart')
  const pid = await postmasterPid(scene.dataDir)
  process.kill(pid, 'SIGKILL')
  const rows = await vi.waitFor(() => query(ownerUrl, 'SELECT text FROM kept_over_a_restart'), {
    timeout: 20_000,
    interval: 50,
  })
  expect(rows).toEqual([{ text: 'kept' }])
  await vi.waitFor(async () => expect(await postmasterPid(scene.dataDir)).not.toBe(pid), { timeout: 20_000 })
})

test('an adopted PostgreSQL that dies is started again as well', async () => {
  const server = await scene.startServer()
  await server.kill()
  const { runtimeUrl, adopted } = await scene.start()
  expect(adopted).toBe(true)
  const pid = await postmasterPid(scene.dataDir)
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(async () => expect(await postmasterPid(scene.dataDir)).not.toBe(pid), { timeout: 20_000 })
  await vi.waitFor(() => query(runtimeUrl, 'SELECT 1'), { timeout: 20_000, interval: 50 })
})

test('stopping while PostgreSQL is being started again leaves none behind', async () => {
  const postgres = await scene.start()
  process.kill(await postmasterPid(scene.dataDir), 'SIGKILL')
  await vi.waitFor(() => expect(query(postgres.runtimeUrl, 'SELECT 1')).rejects.toThrow(), { timeout: 5_000 })
  await postgres.stop()
  const next = await scene.start()
  expect(next.adopted).toBe(false)
})

test('a crashed PostgreSQL whose process id now belongs to something else does not block the start', async () => {
  const server = await scene.startServer()
  const file = join(scene.dataDir, 'postgres', 'postmaster.pid')
  process.kill(await postmasterPid(scene.dataDir), 'SIGKILL')
  await server.kill()
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' })
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(stranger.pid)))
  try {
    const postgres = await scene.start()
    expect(postgres.adopted).toBe(false)
    expect(stranger.exitCode).toBeNull()
  } finally {
    stranger.kill()
    await once(stranger, 'exit')
  }
})
