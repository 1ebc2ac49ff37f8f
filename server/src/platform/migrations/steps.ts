/** A part of a migration that commits by itself. */
export interface Step {
  readonly sql: string
  /** False: one statement that PostgreSQL refuses inside a transaction, such as CREATE INDEX CONCURRENTLY. */
  readonly transactional: boolean
}

const marker = /^-- step: (no transaction|transaction)[ \t]*$/m

/**
 * Splits a migration's SQL at its step lines. Without any, the whole is one transaction. After `-- step: no transaction`
 * one statement follows that runs outside a transaction, after `-- step: transaction` statements that share one. What was
 * completed is recorded step by step, so an interrupted migration goes on where it stopped.
 */
export function splitSteps(sql: string): Step[] {
  const parts = sql.split(marker)
  const steps: Step[] = [{ sql: (parts[0] ?? '').trim(), transactional: true }]
  for (let i = 1; i < parts.length; i += 2) {
    steps.push({ sql: (parts[i + 1] ?? '').trim(), transactional: parts[i] === 'transaction' })
  }
  return steps.filter((step) => hasStatement(step.sql))
}

/** Steps as the text that {@link splitSteps} reads. */
export function joinSteps(steps: readonly Step[]): string {
  const texts = steps
    .filter((step) => hasStatement(step.sql))
    .map((step, i) => {
      const heading = step.transactional ? '-- step: transaction' : '-- step: no transaction'
      return i === 0 && step.transactional ? step.sql.trim() : `${heading}\n${step.sql.trim()}`
    })
  return texts.length === 0 ? '' : `${texts.join('\n\n')}\n`
}

function hasStatement(sql: string): boolean {
  return sql.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('--'))
}
