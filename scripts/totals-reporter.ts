import type { Reporter, TestModule } from 'vitest/node'

/**
 * Closes a run with its totals as one line, `N passed, N failed` (and `, N skipped` where something was). On CI nothing
 * may be missing, so a skipped test fails the run there.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const skipped = count('skipped')
    const broken = modules.filter((module) => module.errors().length > 0).length
    if (process.env.CI && skipped > 0) process.exitCode = 1
    const line = `${count('passed')} passed, ${count('failed') + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    process.stdout.write(`\n${line}\n`)
  }
}
