import { ApiError } from '@chatbot-platform/client'
import { Search } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useProject, useProjects } from '../../lib/queries/projects.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { HitList, walkHits } from './hit-list.tsx'
import { useHits, useSearchTerms } from './use-search.ts'

/** Finds messages by their words, in all conversations or in those with one bot. */
export function SearchPage() {
  const { t } = useTranslation('sessions')
  const { text, query, botId, type, commit, chooseBot } = useSearchTerms()
  const { data: projects = [] } = useProjects()
  return (
    <Page title={t('search.pageTitle')}>
      <search onKeyDown={walkHits} className="flex flex-col gap-6">
        <form
          className="flex flex-wrap items-start gap-x-4 gap-y-3"
          onSubmit={(event) => {
            event.preventDefault()
            commit(text)
          }}
        >
          <TextField
            type="search"
            autoFocus
            dir="auto"
            maxLength={200}
            enterKeyHint="search"
            label={t('search.label')}
            placeholder={t('search.placeholder')}
            hint={t('search.hint')}
            className="min-w-60 flex-1"
            value={text}
            onChange={(event) => type(event.target.value)}
          />
          <SelectField
            label={t('search.bot')}
            className="w-full md:w-52"
            value={botId ?? ''}
            onChange={(event) => chooseBot(event.target.value)}
          >
            <option value="">{t('search.allBots')}</option>
            {projects.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        </form>
        {query === '' ? (
          <EmptyState icon={Search} text={t('search.start')} />
        ) : (
          <Results query={query} botId={botId} onSearchAll={() => chooseBot('')} />
        )}
      </search>
    </Page>
  )
}

interface ResultsProps {
  query: string
  botId: string | undefined
  onSearchAll: () => void
}

function Results({ query, botId, onSearchAll }: ResultsProps) {
  const { t } = useTranslation('sessions')
  const { t: common } = useTranslation()
  const problemText = useProblemText()
  const hits = useHits(query, botId)
  const bot = useProject(botId)
  if (hits.error) {
    const hasNoWord = hits.error instanceof ApiError && hits.error.problem.status === 422
    if (hasNoWord) return <EmptyState icon={Search} text={t('search.noWord')} />
    return (
      <Notice tone="danger" actions={<Button onClick={() => void hits.refetch()}>{common('retry')}</Button>}>
        {problemText(hits.error)}
      </Notice>
    )
  }
  if (hits.isPending) return <SkeletonRows count={6} className="h-20" />
  const found = hits.data.pages.flatMap(({ items }) => items)
  if (found.length === 0) {
    if (!botId) return <EmptyState icon={Search} text={t('search.none', { query })} />
    const action = <Button onClick={onSearchAll}>{t('search.searchAll')}</Button>
    const name = bot?.name ?? t('search.unknownBot')
    return <EmptyState icon={Search} text={t('search.noneWithBot', { query, bot: name })} action={action} />
  }
  const count = found.length
  return (
    <div aria-busy={hits.isPlaceholderData || undefined} className="flex flex-col gap-2 aria-busy:opacity-60">
      <p role="status" className="text-muted text-sm">
        {hits.hasNextPage ? t('search.foundMore', { count }) : t('search.found', { count })}
      </p>
      <HitList hits={found} />
      {hits.hasNextPage && (
        <Button className="self-center" busy={hits.isFetchingNextPage} onClick={() => void hits.fetchNextPage()}>
          {t('search.more')}
        </Button>
      )}
    </div>
  )
}
