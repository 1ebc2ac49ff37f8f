import type { UsageReport, UsageRow } from '@chatbot-platform/contract'

const sums = ['turns', 'prompt_tokens', 'completion_tokens', 'cost', 'unpriced_turns', 'estimated_turns'] as const
const columnsOf = {
  day: ['day'],
  project: ['project_id', 'project_name'],
  model: ['provider', 'model'],
} as const satisfies Record<string, readonly (keyof UsageRow)[]>

/** A report as CSV (RFC 4180) under the API's names, with a mark that tells spreadsheets it is UTF-8. */
export function usageCsv({ group_by: groupBy, rows }: UsageReport): string {
  const columns = [...groupBy.flatMap((group): readonly (keyof UsageRow)[] => columnsOf[group]), ...sums]
  const lines = [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))]
  return `\uFEFF${lines.join('\r\n')}\r\n`
}

/** Text that a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
