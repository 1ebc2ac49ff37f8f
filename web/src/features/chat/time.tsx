import { useSyncExternalStore } from 'react'
import { cx } from '../../lib/class-names.ts'
import { useFormat } from '../../lib/format.ts'
import { Tooltip } from '../../ui/tooltip.tsx'

const minuteMs = 60_000

/** When something was written: relative, the exact time on hover. */
export function Time({ time, className }: { time: string; className?: string }) {
  const format = useFormat()
  useSyncExternalStore(eachMinute, () => Math.floor(Date.now() / minuteMs))
  return (
    <Tooltip text={format.exact(time)}>
      <time dateTime={time} className={cx('text-muted text-sm', className)}>
        {format.relative(time)}
      </time>
    </Tooltip>
  )
}

function eachMinute(listener: () => void): () => void {
  const timer = setInterval(listener, minuteMs)
  return () => clearInterval(timer)
}
