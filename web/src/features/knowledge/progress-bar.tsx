import { cx } from '../../lib/class-names.ts'

interface ProgressBarProps {
  /** From 0 to 1; null where nobody knows how much there is to do. */
  share: number | null
  /** What it is the progress of. */
  label: string
}

export function ProgressBar({ share, label }: ProgressBarProps) {
  const percent = share === null ? null : Math.round(share * 100)
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      className="h-1.5 overflow-hidden rounded-full bg-hover"
    >
      <div
        className={cx('h-full rounded-full bg-accent', percent === null && 'w-1/3 animate-skeleton')}
        style={percent === null ? undefined : { width: `${percent}%` }}
      />
    </div>
  )
}
