import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { query, useScene } from './embedded-support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const scene = await useScene()

afterEach(() => rm(scene.dataDir, { recursive: true }))

test('what an interrupted initdb left is removed and never taken for a database', async () => {
  await mkdir(join(scene.dataDir, 'postgres.init-abcdef', 'base'), { recursive: true })
  await writeFile(join(scene.dataDir, 'postgres.init-abcdef', 'PG_VERSION'), '18\n')
  await writeFile(join(scene.dataDir, 'postgres.init-password'), 'left over')
  const { runtimeUrl } = await scene.start()
  expect(await query(runtimeUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
  expect((await readdir(scene.dataDir)).filter((name) => name.startsWith('postgres.init'))).toEqual([])
})

test('a folder that holds something else, or another major version, is refused and left alone', async () => {
  const folder = join(scene.dataDir, 'postgres')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'thesis.txt'), 'precious')
  await expect(scene.start()).rejects.toThrow('holds files, but no database')
  await writeFile(join(folder, 'PG_VERSION'), '15\n')
  await writeFile(
    join(scene.dataDir, 'postgres-credentials.json'),
    JSON.stringify({ superuser: 'a', owner: 'b', runtime: 'c' }),
  )
  await expect(scene.start()).rejects.toThrow('was made by PostgreSQL 15')
  expect(await readFile(join(folder, 'thesis.txt'), 'utf8')).toBe('precious')
})

test('a database whose passwords were lost is not replaced by a new one', async () => {
  await mkdir(join(scene.dataDir, 'postgres'), { recursive: true })
  await writeFile(join(scene.dataDir, 'postgres', 'PG_VERSION'), '18\n')
  await expect(scene.start()).rejects.toThrow('postgres-credentials.json is missing')
})
