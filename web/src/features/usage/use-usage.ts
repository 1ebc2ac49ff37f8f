import { contract, type UsageGrouping, type UsageReport, type UsageSums } from '@chatbot-platform/contract'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useClient } from '../../lib/account.tsx'
import { keys } from '../../lib/queries/keys.ts'
import { useSearchParams } from '../../lib/router/use-router.tsx'

const dayMs = 86_400_000

export const ranges = ['7', '30', '90', '365'] as const
export type UsageDays = (typeof ranges)[number]

export const groupings = ['day', 'project', 'model'] as const satisfies readonly UsageGrouping[]

/** Which days are shown, what the table's rows stand for, and whose budget is shown; in the address of the page. */
export function useUsageChoice() {
  const [params, setParams] = useSearchParams()
  const days = ranges.find((range) => range === params.get('days')) ?? '30'
  const by = groupings.find((grouping) => grouping === params.get('by')) ?? 'day'
  const choose = (name: 'days' | 'by' | 'bot', value: string) =>
    setParams((current) => ({ ...Object.fromEntries(current), [name]: value }), { replace: true })
  return { days, by, bot: params.get('bot'), choose }
}

/** The usage of the last days, today in UTC included. */
export function useUsage(days: UsageDays, groupBy: UsageGrouping) {
  const client = useClient()
  return useQuery({
    queryKey: [...keys.usage, days, groupBy],
    queryFn({ signal }) {
      const now = Date.now()
      const query = { from: dayOf(now - (Number(days) - 1) * dayMs), to: dayOf(now), group_by: groupBy }
      return client.call(contract.usage.get, { query, signal })
    },
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
}

/** What a bar of a plot stands for: a day, or the days from `from` to `to`. */
export interface UsageBar extends Pick<UsageSums, 'prompt_tokens' | 'completion_tokens'> {
  from: string
  to: string
  /** US dollars; 0 where nothing is known. */
  cost: number
}

/** More bars than this could not be told apart. */
const mostBars = 100

/** A report by day as bars without gaps: a day each, or of long times a week, the last of which ends with the report. */
export function barsOf({ from, to, rows }: UsageReport): { isByWeek: boolean; bars: UsageBar[] } {
  const byDay = new Map(rows.map((row) => [row.day, row]))
  const [first, last] = [Date.parse(from), Date.parse(to)]
  const isByWeek = (last - first) / dayMs >= mostBars
  const bars: UsageBar[] = []
  for (let end = last; end >= first; end -= (isByWeek ? 7 : 1) * dayMs) {
    const start = isByWeek ? Math.max(end - 6 * dayMs, first) : end
    const bar: UsageBar = { from: dayOf(start), to: dayOf(end), prompt_tokens: 0, completion_tokens: 0, cost: 0 }
    for (let time = start; time <= end; time += dayMs) {
      const row = byDay.get(dayOf(time))
      bar.prompt_tokens += row?.prompt_tokens ?? 0
      bar.completion_tokens += row?.completion_tokens ?? 0
      bar.cost += row?.cost ?? 0
    }
    bars.unshift(bar)
  }
  return { isByWeek, bars }
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
