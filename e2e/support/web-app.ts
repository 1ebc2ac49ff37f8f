import { startTestApp, type TestApp, type TestAppOptions } from '../../server/test/support/app.ts'
import { startBrowser, type TestBrowser } from './browser.ts'

export interface WebTest extends TestApp {
  browser: TestBrowser
}

/** The whole server with the built web app, and a browser to look at it. `WEB_DIR` names another build. */
export async function startWebTest(options: TestAppOptions = {}): Promise<WebTest> {
  const { WEB_DIR } = process.env
  const { env = {} } = options
  const app = await startTestApp({
    ...options,
    env: (upstreamUrl) => ({
      ...(WEB_DIR ? { WEB_DIR } : {}),
      ...(typeof env === 'function' ? env(upstreamUrl) : env),
    }),
  })
  const browser = await startBrowser(app.url)
  return {
    ...app,
    browser,
    close: async () => {
      await browser.close()
      await app.close()
    },
  }
}
