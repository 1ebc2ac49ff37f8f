import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { findNginx } from './server/test/support/nginx.ts'
import { replicaSample, replicaSuite } from './server/test/support/replica-suite.ts'

const shared = {
  globalSetup: ['server/test/support/global-setup.ts'],
  // Processes rather than threads: tests start servers and look at exits, signals and the event loop.
  pool: 'forks' as const,
}

const everything: TestProjectInlineConfiguration = {
  test: {
    ...shared,
    name: 'all',
    include: ['{contract,client,server,web,e2e}/test/**/*.test.{ts,tsx}'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    env: { TZ: 'UTC' },
  },
}

/** Tests of the API with several servers behind nginx in place of one server in the test's process. */
function throughReplicas(include: string[], count: string): TestProjectInlineConfiguration {
  // Servers that have to be started take their time.
  const timeouts = { testTimeout: 60_000, hookTimeout: 90_000 }
  return { test: { ...shared, ...timeouts, name: 'replicas', include, env: { TZ: 'UTC', TEST_REPLICAS: count } } }
}

function projects(): TestProjectInlineConfiguration[] {
  const { TEST_REPLICAS } = process.env
  if (TEST_REPLICAS) return [throughReplicas(replicaSuite(), TEST_REPLICAS)]
  if (findNginx()) return [everything, throughReplicas(replicaSample, '3')]
  process.stdout.write(
    'SKIPPED: nginx is not installed, so nothing was tried behind it (apt-get install nginx-light)\n',
  )
  return [everything]
}

export default defineConfig({ test: { maxWorkers: 2, projects: projects() } })
