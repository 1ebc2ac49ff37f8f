import type { MessageHit } from '@chatbot-platform/contract'
import type { ReactNode } from 'react'

/** The text around a match, with the matches marked. */
export function Snippet({ text, matches }: { text: string; matches: MessageHit['matches'] }) {
  const parts: ReactNode[] = []
  let end = 0
  for (const [start, stop] of matches) {
    parts.push(
      plain(text.slice(end, start)),
      <mark key={start} className="rounded-sm bg-warning-soft px-0.5 font-semibold text-text">
        {text.slice(start, stop)}
      </mark>,
    )
    end = stop
  }
  return (
    <p dir="auto" className="mt-1 line-clamp-3 text-body">
      {parts}
      {plain(text.slice(end))}
    </p>
  )
}

/** A piece of Markdown without the marks that only a whole text gives a meaning. */
function plain(markdown: string): string {
  return markdown
    .replaceAll(/\*\*(\S(?:[^*]*\S)?)\*\*/g, '$1')
    .replaceAll(/^\*\*|\*\*$|`+|\$\$/g, '')
    .replaceAll(/\|(?:\s*:?-{2,}:?\s*\|)+/g, '|')
    .replaceAll(/(?:\|\s+)+\|/g, '|')
}
