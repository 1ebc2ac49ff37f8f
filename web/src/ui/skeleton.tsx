import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../lib/class-names.ts'

/** A grey place where something will stand; shape it with width and height classes like the real thing. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx('animate-skeleton rounded-md bg-hover', className)} />
}

/** Rows of a list that is being loaded. */
export function SkeletonRows({ count = 5, className = 'h-9' }: { count?: number; className?: string }) {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('loading')} className="flex flex-col gap-2">
      {Array.from({ length: count }, (_, row) => `row-${row}`).map((row) => (
        <Skeleton key={row} className={className} />
      ))}
    </div>
  )
}
