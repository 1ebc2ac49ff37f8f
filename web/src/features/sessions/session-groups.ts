import type { ChatSession } from '@chatbot-platform/contract'

/** Under which heading a conversation stands; those of long ago under their month, given by its first day. */
export type SessionGroup = 'pinned' | 'today' | 'yesterday' | 'week' | 'month' | { month: Date }

/** One row of the list, in order; the first of a group carries its heading. */
export interface SessionRowData {
  session: ChatSession
  heading: SessionGroup | null
}

/** Puts conversations under their headings by the reader's calendar: pinned first, then by the day of the last activity. */
export function groupSessions(pinned: ChatSession[], recent: ChatSession[], now = new Date()): SessionRowData[] {
  const groupOf = grouping(now)
  const rows: SessionRowData[] = pinned.map((session, index) => ({ session, heading: index === 0 ? 'pinned' : null }))
  let previous = ''
  for (const session of recent) {
    const group = groupOf(new Date(session.updated_at))
    const name = JSON.stringify(group)
    rows.push({ session, heading: name === previous ? null : group })
    previous = name
  }
  return rows
}

function grouping(now: Date): (time: Date) => SessionGroup {
  const daysAgo = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime()
  const [today, yesterday, week, month] = [daysAgo(0), daysAgo(1), daysAgo(7), daysAgo(30)] as const
  return (time) => {
    const ms = time.getTime()
    if (ms >= today) return 'today'
    if (ms >= yesterday) return 'yesterday'
    if (ms >= week) return 'week'
    if (ms >= month) return 'month'
    return { month: new Date(time.getFullYear(), time.getMonth()) }
  }
}
