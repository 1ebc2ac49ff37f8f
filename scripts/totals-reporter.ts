import type { Reporter, TestModule } from 'vitest/node'

/**
 * Closes a run with its totals as one line, `N passed, N failed` (and `, N skipped` where something was). On CI nothing
 * may be missing, so a skipped test fails the run there, unless it is skipped through replicas alone, where some cannot run.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const skipped = count('skipped')
    const missing = tests.filter((test) => test.result().state === 'skipped' && test.project.name !== 'replicas').length
    const broken = modules.filter((module) => module.errors().length > 0).length
    if (process.env.CI && missing > 0) process.exitCode = 1
    const line = `${count('passed')} passed, ${count('failed') + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    process.stdout.write(`\n${line}\n`)
  }
}
