import type { Budget, BudgetLimits, BudgetPatch, BudgetState } from '@chatbot-platform/contract'

export type LimitName = keyof BudgetLimits

/** In the order in which they are shown. */
export const limits = [
  { name: 'tokens_per_day', unit: 'tokens', period: 'day' },
  { name: 'tokens_per_month', unit: 'tokens', period: 'month' },
  { name: 'cost_per_day', unit: 'cost', period: 'day' },
  { name: 'cost_per_month', unit: 'cost', period: 'month' },
] as const satisfies { name: LimitName; unit: 'tokens' | 'cost'; period: 'day' | 'month' }[]

/** From which share of a limit on it is shown as nearly used up; the server's `state` begins at the same. */
export const warningShare = 0.8

/** The highest that the API takes; see `BudgetLimits` of the contract. */
export const highest = { tokens: 1_000_000_000_000, cost: 1_000_000_000 } as const

/** A limit that is set, and how far it is used up. */
export interface Meter {
  name: LimitName
  unit: 'tokens' | 'cost'
  period: 'day' | 'month'
  /** In tokens or US dollars, as the limit. */
  used: number
  limit: number
  /** May be above 1, where a limit was lowered. */
  share: number
  state: BudgetState
  /** ISO time. */
  resetsAt: string
}

/** The limits that a budget has. */
export function metersOf(budget: Budget): Meter[] {
  return limits.flatMap(({ name, unit, period }): Meter[] => {
    const limit = budget[name]
    if (limit === null) return []
    const used = budget[period][unit]
    const share = limit === 0 ? 1 : used / limit
    const state = share >= 1 ? 'exhausted' : share >= warningShare ? 'warning' : 'ok'
    return [{ name, unit, period, used, limit, share, state, resetsAt: budget[period].resets_at }]
  })
}

/** Limits as they stand in the fields of a form. */
export type LimitTexts = Record<LimitName, string>

/** Limits as a person types them: with the decimal sign of the language, a BCP 47 tag, and nothing between thousands. */
export function textsOf(budget: BudgetLimits, language: string): LimitTexts {
  const format = new Intl.NumberFormat(language, {
    useGrouping: false,
    maximumFractionDigits: 10,
    numberingSystem: 'latn',
  })
  const textOf = (limit: number | null) => (limit === null ? '' : format.format(limit))
  return {
    tokens_per_day: textOf(budget.tokens_per_day),
    tokens_per_month: textOf(budget.tokens_per_month),
    cost_per_day: textOf(budget.cost_per_day),
    cost_per_month: textOf(budget.cost_per_month),
  }
}

/** What differs from the texts of before, and which fields hold no limit. */
export function readLimits(before: LimitTexts, texts: LimitTexts): { patch: BudgetPatch; wrong: Set<LimitName> } {
  const patch: BudgetPatch = {}
  const wrong = new Set<LimitName>()
  for (const { name, unit } of limits) {
    if (texts[name].trim() === before[name]) continue
    const limit = parseLimit(texts[name], unit)
    if (limit === undefined) wrong.add(name)
    else patch[name] = limit
  }
  return { patch, wrong }
}

/**
 * Null for an empty field, undefined for what is no limit. A decimal comma is as good as a point, and more than two
 * decimals are taken only below a dollar: `1,000` might be meant as a thousand.
 */
export function parseLimit(text: string, unit: Meter['unit']): number | null | undefined {
  const digits = withPlainDigits(text.trim())
  if (digits === '') return null
  const form = unit === 'tokens' ? /^\d{1,13}$/ : /^(?:\d{1,10}(?:\.\d{1,2})?|0?\.\d{1,6})$/
  const limit = form.test(digits) ? Number(digits) : Number.NaN
  return limit <= highest[unit] ? limit : undefined
}

/** Arabic and Persian digits are four bits above a number divisible by 16, as the ASCII ones are. */
function withPlainDigits(text: string): string {
  return text.replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15)).replace(/[,٫]/, '.')
}
