import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../../src/cli/docs.ts'
import { loadConfig } from '../../src/config.ts'
import { settings } from '../../src/settings.ts'

const names = Object.values(settings).flatMap((group) => Object.keys(group))

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'docs-'))
})

afterEach(() => rm(root, { recursive: true }))

test('the files of the repository are up to date', async () => {
  expect(await run(['--check'])).toBe(0)
})

test('the check fails where a file is absent or differs, and changes nothing', async () => {
  expect(await run(['--check'], root)).toBe(1)
  expect(await run([], root)).toBe(0)
  expect(await run(['--check'], root)).toBe(0)
  await writeFile(join(root, '.env.example'), 'PORT=1\n')
  expect(await run(['--check'], root)).toBe(1)
  expect(await readFile(join(root, '.env.example'), 'utf8')).toBe('PORT=1\n')
})

test('an argument it does not know writes nothing', async () => {
  expect(await run(['--chek'], root)).toBe(2)
  await expect(readFile(join(root, '.env.example'))).rejects.toThrow('ENOENT')
})

test('every setting is on the page, once', async () => {
  await run([], root)
  const page = await readFile(join(root, 'docs/configuration.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
  expect(rows).toEqual(names)
  expect(page).toContain('| `LLM_TEMPERATURE` | Randomness of answers, 0 to 2. | `0.7` |')
})

test('the example sets nothing as it stands, and is valid with the # removed', async () => {
  await run([], root)
  const example = await readFile(join(root, '.env.example'), 'utf8')
  expect(parseEnv(example)).toEqual({})
  const file = join(root, '.env')
  await writeFile(file, example.replaceAll(/^# (?=[A-Z_]+=)/gm, ''))
  expect(Object.keys(parseEnv(await readFile(file, 'utf8'))).sort()).toEqual(names.toSorted())
  const [uncommented, defaults] = [loadConfig({}, file), loadConfig({}, null)]
  expect(uncommented).toMatchObject({ auth: defaults.auth, log: defaults.log, dataDir: defaults.dataDir })
})
