import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{contract,client,server,web,e2e}/test/**/*.test.{ts,tsx}'],
    globalSetup: ['server/test/support/global-setup.ts'],
    // Processes rather than threads: tests start servers and look at exits, signals and the event loop.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    env: { TZ: 'UTC' },
  },
})
