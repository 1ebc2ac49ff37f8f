import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { type AuthApp, password, startAuthApp } from './auth-app.ts'

let database: TestDatabase
let app: AuthApp
beforeAll(async () => {
  database = await createTestDatabase()
  app = await startAuthApp({ registration: 'closed' }, database)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** Runs `users …` in a process of its own, on the test's database unless told otherwise. */
async function users(args: string[], input = '', given?: Record<string, string>) {
  const settings = given ?? { DATABASE_URL: database.runtimeUrl, DATABASE_OWNER_URL: database.ownerUrl }
  const child = spawn(process.execPath, [cli, 'users', ...args], {
    env: { ...process.env, DATABASE_URL: '', DATABASE_OWNER_URL: '', ...settings },
    // Without an `.env` of whoever runs the tests.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  })
  child.stdin.end(input)
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await exit, out, err }
}

describe('npm run users', () => {
  test('creates an account whose generated password is printed once and works', async () => {
    const { code, out, err } = await users(['create', 'Ada@Example.com'])
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('ada@example.com can sign in now') })
    expect(out).toMatch(/^[\w-]{20}\n$/)
    expect((await app.device().login('ada@example.com', out.trim())).status).toBe(200)
    expect(await users(['create', 'ada@example.com'])).toMatchObject({ code: 1, out: '' })
  })

  test('takes the password from standard input and never prints it', async () => {
    const { code, out, err } = await users(['create', 'grace@example.com', '--password-stdin'], `${password}\n`)
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err).not.toContain(password)
    expect((await app.device().login('grace@example.com', password)).status).toBe(200)
  })

  test('resets a password, disables and enables', async () => {
    await users(['create', 'linus@example.com', '--password-stdin'], password)
    const { out } = await users(['reset-password', 'linus@example.com'])
    const device = app.device()
    const statusWith = async (given: string) => (await device.login('linus@example.com', given)).status
    expect([await statusWith(password), await statusWith(out.trim())]).toEqual([401, 200])
    expect(await users(['disable', 'linus@example.com'])).toMatchObject({ code: 0 })
    expect(await statusWith(out.trim())).toBe(403)
    expect(await users(['enable', 'linus@example.com'])).toMatchObject({ code: 0 })
    expect(await statusWith(out.trim())).toBe(200)
  })

  test.each([
    [[], '', 'npm run users --'],
    [['remove', 'ada@example.com'], '', 'Unknown command "remove"'],
    [['create', 'not-an-address'], '', 'not an e-mail address'],
    [['create', 'new@example.com', '--password-stdin'], 'short', '8 to 1,024 characters'],
    [['create', 'new@example.com', '--force'], '', "Unknown option '--force'"],
  ])('%j is answered with the usage', async (args, input, complaint) => {
    const { code, err } = await users(args, input)
    expect(code).toBe(2)
    expect(err).toContain(complaint)
    expect(err).toContain('reset-password <email>')
  })

  test('says so when no account has the address', async () => {
    const { code, err } = await users(['disable', 'nobody@example.com'])
    expect({ code, err }).toEqual({ code: 1, err: 'No account has this e-mail address.\n' })
  })

  test('makes no database where the server has none, and says where it looked', async () => {
    const dataDir = join(tmpdir(), `users-test-${randomBytes(6).toString('hex')}`)
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
    const { code, out, err } = await users(['create', 'new@example.com'], '', { DATA_DIR: dataDir })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(`There is no embedded database in ${dataDir}.`)
    expect(existsSync(dataDir)).toBe(false)
  })
})
