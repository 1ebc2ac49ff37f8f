import type { TestProject } from 'vitest/node'
import { openTestServer, type TestServer, type TestUrls } from './test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestUrls
  }
}

let server: TestServer | undefined

/**
 * One PostgreSQL for the whole run: the server of TEST_DATABASE_URL (a superuser's URL), else an embedded one in a
 * temporary folder; in it a migrated template that `createTestDatabase` copies.
 */
export async function setup(project: TestProject): Promise<void> {
  server = await openTestServer(process.env.TEST_DATABASE_URL)
  project.provide('postgres', server.urls)
}

export async function teardown(): Promise<void> {
  await server?.stop()
}
