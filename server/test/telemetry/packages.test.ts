import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
})
afterEach(() => database.drop())

/** Starts the server where no package for monitoring is installed; resolves with its address, or how it failed. */
async function startWithoutPackages(settings: Record<string, string>): Promise<{ url?: string; error?: string }> {
  const file = (path: string) => new URL(path, import.meta.url).pathname
  const server = file('../support/app-process.ts')
  const child = spawn(
    process.execPath,
    ['--import', file('./without-packages-process.ts'), server, database.runtimeUrl],
    {
      env: { NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'silent', ...settings },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  let error = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    error += chunk.toString()
  })
  const started = once(child, 'message').then(([message]) => ({ url: (message as { url: string }).url }))
  const result = await Promise.race([started, once(child, 'close').then(() => ({ error }))])
  child.kill('SIGKILL')
  return result
}

test('a server that is not asked to monitor anything loads nothing for it', async () => {
  expect(await startWithoutPackages({})).toEqual({ url: expect.stringMatching(/^http/) })
})

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318', '@opentelemetry/sdk-trace@3'],
  ['SENTRY_DSN', 'http://publickey@127.0.0.1:9/1', '@sentry/core@11'],
])('a missing package of %s is named with the line that installs it', async (setting, value, name) => {
  const { error } = await startWithoutPackages({ [setting]: value })
  expect(error).toContain(`${setting}: needs packages that are not installed: npm install --no-save`)
  expect(error).toContain(name)
})
