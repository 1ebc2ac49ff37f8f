import { chmod, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { giveFolder } from '../../src/platform/postgres/process-identity.ts'
import { isRoot, keepNote, query, useScene } from './embedded-support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

if (!isRoot) process.stderr.write('Not run as root: the tests of root and the account it drops to are SKIPPED.\n')

describe.runIf(isRoot)('as root', async () => {
  const scene = await useScene()
  const uidOf = async (path: string) => (await stat(path)).uid
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777

  test('a data folder that only root may enter holds a database of another account', async () => {
    const home = dirname(scene.dataDir)
    expect([await uidOf(home), await modeOf(home)]).toEqual([0, 0o700])
    const { runtimeUrl } = await scene.start()
    expect(await query(runtimeUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
    expect([await uidOf(home), await modeOf(home)]).toEqual([0, 0o700])
    expect([await uidOf(scene.dataDir), await modeOf(scene.dataDir)]).toEqual([0, 0o700])
    expect(await uidOf(join(scene.dataDir, 'postgres'))).not.toBe(0)
  })

  test('a cluster that came back from a backup is given to its account and closed again', async () => {
    const first = await scene.start()
    await keepNote(first.ownerUrl, 'kept_in_a_backup')
    await first.stop()
    const cluster = join(scene.dataDir, 'postgres')
    await giveFolder(cluster, { uid: 0, gid: 0 })
    await chmod(cluster, 0o755)
    const second = await scene.start()
    expect(await query(second.ownerUrl, 'SELECT text FROM kept_in_a_backup')).toEqual([{ text: 'kept' }])
    expect([(await uidOf(cluster)) === 0, await modeOf(cluster)]).toEqual([false, 0o700])
  })
})
