import { useFormat } from '../lib/format.ts'

interface TimeAgoProps {
  time: string
  /** The sentence around it: `Changed 2 hours ago`. */
  text?: (relative: string) => string
}

/** `2 hours ago`, with the exact time on hover and for screen readers. */
export function TimeAgo({ time, text = (relative) => relative }: TimeAgoProps) {
  const format = useFormat()
  return (
    <time dateTime={time} title={format.exact(time)}>
      {text(format.relative(time))}
    </time>
  )
}
