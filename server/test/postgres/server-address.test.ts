import { mkdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { connectionUrl } from '../../src/platform/postgres/server-address.ts'
import { query, useScene } from './embedded-support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const scene = await useScene()

afterEach(() => {
  vi.unstubAllEnvs()
})

/** As a path alone as long as a socket's may be. */
const tooLong = join('a'.repeat(60), 'b'.repeat(60))

test('a data folder whose path is too long for a socket gets one in the temporary directory', async () => {
  scene.moveTo(join(tooLong, 'data'))
  const first = await scene.start()
  const folder = new URL(first.runtimeUrl).searchParams.get('host') ?? ''
  expect(folder.startsWith(join(tmpdir(), 'chatbot-postgres-'))).toBe(true)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect(await query(first.runtimeUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
  await first.stop()
  const second = await scene.start()
  expect(second.runtimeUrl).toBe(first.runtimeUrl)
  await second.stop()
  await rm(folder, { recursive: true })
})

test('where no socket can be had it listens on a free port of the loopback interface, with a password', async () => {
  scene.moveTo(join(tooLong, 'data'))
  const temporary = join(dirname(scene.dataDir), 'tmp')
  await mkdir(temporary)
  vi.stubEnv('TMPDIR', temporary)
  const { runtimeUrl, superuserUrl } = await scene.start()
  expect(new URL(runtimeUrl).hostname).toBe('127.0.0.1')
  expect(await query(superuserUrl, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  const guess = new URL(runtimeUrl)
  guess.password = 'guess'
  await expect(query(guess.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
})

test('a folder with spaces and signs in its name works, in the address too', async () => {
  scene.moveTo('Straße, 100% "mine" & more')
  const { runtimeUrl } = await scene.start()
  expect(await query(runtimeUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
})

test('an address is a URL that holds socket folder, login and database', () => {
  const url = new URL(connectionUrl({ kind: 'socket', folder: '/srv/chat bot', port: 5432 }, 'me', 'p/w', 'db'))
  expect(url.searchParams.get('host')).toBe('/srv/chat bot')
  expect([url.username, url.password, url.pathname]).toEqual(['me', 'p%2Fw', '/db'])
})
