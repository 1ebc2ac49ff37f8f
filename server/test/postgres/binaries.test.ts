import { chmod, cp, lstat, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { locatePackage, prepareBinaries } from '../../src/platform/postgres/binaries.ts'
import { copyBinaries } from '../../src/platform/postgres/binaries-copy.ts'
import { chooseIdentity } from '../../src/platform/postgres/process-identity.ts'
import { runCommand } from '../../src/platform/postgres/run-command.ts'
import { isRoot } from './embedded-support.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatbot-bin-'))
})

afterEach(() => rm(folder, { recursive: true }))

test('a platform without a package is told what to do instead', () => {
  expect(() => locatePackage('sunos', 'x64')).toThrow(/no embedded PostgreSQL for this platform.*DATABASE_URL/)
})

test('missing library links are made', async () => {
  const { version, native } = locatePackage()
  const copy = await copyBinaries(native, folder, 'package')
  if (!copy) throw new Error('The package could not be copied.')
  const link = join(copy, 'lib', 'libpq.so.5')
  await rm(link, { force: true })
  const { initdb } = await prepareBinaries(folder, undefined, { native: copy, version })
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect(await runCommand(initdb, ['--version'], { identity: undefined })).toMatchObject({ code: 0 })
})

test('a name that somebody else took in a shared folder is not trusted', async () => {
  const trap = join(folder, 'trap')
  await mkdir(trap)
  await writeFile(join(trap, 'postgres'), 'something else')
  await chmod(trap, 0o777)
  expect(await copyBinaries(locatePackage().native, folder, 'trap')).toBeUndefined()
  expect(await readdir(folder)).toEqual(['trap'])
})

test.runIf(isRoot)('as root, a package only root may reach runs from a copy that is made once', async () => {
  const { native, version } = locatePackage()
  const hidden = join(folder, 'native')
  await cp(native, hidden, { recursive: true, verbatimSymlinks: true })
  const identity = await chooseIdentity(join(folder, 'postgres'))
  // A version of its own, so that the copy is not an earlier run's and can be removed.
  const own = { native: hidden, version: `${version}-test-${process.pid}` }
  const first = await prepareBinaries(folder, identity, own)
  const copy = join(first.postgres, '..', '..')
  try {
    expect(await prepareBinaries(folder, identity, own)).toEqual(first)
    expect(first.postgres.startsWith(folder)).toBe(false)
    expect(await runCommand(first.initdb, ['--version'], { identity })).toMatchObject({ code: 0 })
    expect((await stat(copy)).uid).toBe(0)
    expect((await stat(copy)).mode & 0o022).toBe(0)
  } finally {
    await rm(copy, { recursive: true })
  }
})
