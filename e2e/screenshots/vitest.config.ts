import { defineConfig } from 'vitest/config'

/** `npm run screenshots`: the pictures of README and docs, written to docs/screenshots. */
export default defineConfig({
  test: {
    include: ['e2e/screenshots/**/*.pictures.ts'],
    globalSetup: ['server/test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TZ: 'UTC' },
  },
})
