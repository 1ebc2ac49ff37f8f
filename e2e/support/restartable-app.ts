import { createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { withSession } from '../../server/src/platform/database/session.ts'
import { type TestUser, testPassword } from '../../server/test/support/app.ts'
import { createTestDatabase } from '../../server/test/support/databases.ts'
import { freePort } from '../../server/test/support/free-port.ts'
import { spawnApp } from '../../server/test/support/spawned-app.ts'
import { startUpstream, type Upstream } from '../../server/test/support/upstream.ts'
import { startBrowser, type TestBrowser } from './browser.ts'

/** The server as a process that can be killed and started again at the same address, and a browser to look at it. */
export interface RestartableApp {
  browser: TestBrowser
  upstream: Upstream
  user(): Promise<TestUser>
  /** `SIGKILL`: nothing is said, nothing is stored. What it was writing counts as given up at once, not after 15 s. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function startRestartableApp(): Promise<RestartableApp> {
  const [database, upstream, port] = await Promise.all([createTestDatabase(), startUpstream(), freePort()])
  const { WEB_DIR } = process.env
  const settings = {
    PORT: String(port),
    OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`,
    LLM_MODEL: 'test-model',
    ...(WEB_DIR ? { WEB_DIR } : {}),
  }
  let app = await spawnApp(database.runtimeUrl, settings)
  const { url } = app
  const browser = await startBrowser(url)
  return {
    browser,
    upstream,
    user: () => register(url),
    async kill() {
      await app.kill()
      const expire = "UPDATE messages SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL"
      await withSession(database.superuserUrl, (client) => client.query(expire))
    },
    async start() {
      app = await spawnApp(database.runtimeUrl, settings)
    },
    async close() {
      await browser.close()
      await app.kill()
      await upstream.close()
      await database.drop()
    },
  }
}

async function register(url: string): Promise<TestUser> {
  const anonymous = createClient({ baseUrl: url })
  const email = `${crypto.randomUUID()}@example.com`
  await anonymous.call(contract.auth.register, { body: { email, password: testPassword } })
  const form = { username: email, password: testPassword }
  const { access_token: token } = await anonymous.call(contract.auth.login, { body: form })
  return { email, password: testPassword, token, client: createClient({ baseUrl: url, token }) }
}
