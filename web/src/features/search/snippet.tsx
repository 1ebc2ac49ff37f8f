import type { MessageHit } from '@chatbot-platform/contract'
import type { ReactNode } from 'react'

/** The text around a match, with the matches marked. */
export function Snippet({ text, matches }: { text: string; matches: MessageHit['matches'] }) {
  const parts: ReactNode[] = []
  let end = 0
  for (const [start, stop] of matches) {
    parts.push(
      text.slice(end, start),
      <mark key={start} className="rounded-sm bg-warning-soft px-0.5 font-semibold text-text">
        {text.slice(start, stop)}
      </mark>,
    )
    end = stop
  }
  return (
    <p dir="auto" className="mt-1 line-clamp-3 text-body">
      {parts}
      {text.slice(end)}
    </p>
  )
}
