/** What one check of the doctor found. */
export interface Finding {
  check: string
  status: 'ok' | 'warn' | 'fail'
  /** One line each; the first says it in short. */
  found: string[]
  /** What to do about it. */
  next?: string
}

export function ok(check: string, found: string): Finding {
  return { check, status: 'ok', found: [found] }
}

/** A finding of what is wrong, or fine where nothing is. */
export function judged(check: string, problems: string[], fine: string, next: string): Finding {
  return problems.length === 0 ? ok(check, fine) : { check, status: 'fail', found: problems, next }
}

const shownLines = 8

/** The findings as a table for people. */
export function asTable(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const indent = ' '.repeat(width + 8)
  return findings
    .map(({ check, status, found, next }) => {
      const lines = found.slice(0, shownLines).flatMap((line) => line.split('\n'))
      if (found.length > shownLines) lines.push(`and ${found.length - shownLines} more (--json lists all)`)
      if (next) lines.push(`→ ${next}`)
      return `${status === 'fail' ? 'FAIL' : status.padEnd(4)}  ${check.padEnd(width)}  ${lines.join(`\n${indent}`)}`
    })
    .join('\n')
}
