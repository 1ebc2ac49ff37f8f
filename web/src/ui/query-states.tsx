import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { useProblemText } from '../lib/problems.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'

interface QueryStatesProps<T> {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch' | 'isFetching'>
  /** Skeletons in the shape of what is being loaded. */
  loading: ReactNode
  children: (data: T) => ReactNode
}

/** What came, else the reason why not with a way to try again, else the skeleton. */
export function QueryStates<T>({ query, loading, children }: QueryStatesProps<T>) {
  const { t } = useTranslation()
  const problemText = useProblemText()
  const { data, error, refetch, isFetching } = query
  if (data !== undefined) return children(data)
  if (!error) return loading
  return (
    <Notice
      tone="danger"
      actions={
        <Button busy={isFetching} onClick={() => void refetch()}>
          {t('retry')}
        </Button>
      }
    >
      {problemText(error)}
    </Notice>
  )
}
