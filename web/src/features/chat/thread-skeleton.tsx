import { useTranslation } from '../../i18n/use-translation.ts'
import { Skeleton } from '../../ui/skeleton.tsx'

/** Two turns in grey, while a conversation is being loaded. */
export function ThreadSkeleton() {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('loading')} className="min-h-0 flex-1 overflow-hidden">
      <div className="mx-auto flex max-w-[calc(46rem+2rem)] flex-col gap-8 px-4 pt-5 sm:max-w-[calc(46rem+4rem)] sm:px-8">
        {['first', 'second'].map((turn) => (
          <div key={turn} className="flex flex-col gap-8">
            <Skeleton className="h-11 w-3/5 self-end rounded-lg" />
            <div className="flex flex-col gap-3">
              <Skeleton className="h-4 w-full" />
              <Skeleton className="h-4 w-11/12" />
              <Skeleton className="h-4 w-3/4" />
            </div>
          </div>
        ))}
      </div>
    </div>
  )
}
