import { contract, type PassageSearchResult } from '@chatbot-platform/contract'
import { useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useClient } from '../../lib/account.tsx'
import { useFormat } from '../../lib/format.ts'
import { keys } from '../../lib/queries/keys.ts'
import { useSearchParams } from '../../lib/router/use-router.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { TextField } from '../../ui/field.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { FoundPassageItem } from './found-passage.tsx'

const maxQueryLength = 2000

/** What a question finds in the documents, as an answer would be given it, and why. The address keeps the question. */
export function SearchBench({ projectId }: { projectId: string }) {
  const { t } = useTranslation('knowledge')
  const [params, setParams] = useSearchParams()
  const query = (params.get('q') ?? '').trim()
  const [text, setText] = useState(query)
  return (
    <search className="flex flex-col gap-6">
      <form
        className="flex flex-col gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          setParams({ view: 'search', q: text.trim() }, { replace: true })
        }}
      >
        <div className="flex flex-wrap items-end gap-3">
          <TextField
            type="search"
            autoFocus
            dir="auto"
            maxLength={maxQueryLength}
            enterKeyHint="search"
            label={t('bench.label')}
            placeholder={t('bench.placeholder')}
            className="min-w-60 flex-1"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
          <Button type="submit" variant="primary" disabled={text.trim() === ''}>
            <Search size={16} strokeWidth={1.75} aria-hidden />
            {t('bench.search')}
          </Button>
        </div>
        <p className="text-muted text-sm">{t('bench.hint')}</p>
      </form>
      {query !== '' && <Results projectId={projectId} query={query} />}
    </search>
  )
}

function Results({ projectId, query }: { projectId: string; query: string }) {
  const client = useClient()
  const found = useQuery({
    queryKey: [...keys.knowledge(projectId), 'search', query],
    queryFn: ({ signal }) =>
      client.call(contract.knowledge.search, { params: { project_id: projectId }, body: { query }, signal }),
    staleTime: 0,
    refetchOnWindowFocus: false,
  })
  return (
    <QueryStates query={found} loading={<SkeletonRows count={4} className="h-28" />}>
      {(result) => <Found projectId={projectId} query={query} result={result} />}
    </QueryStates>
  )
}

interface FoundProps {
  projectId: string
  query: string
  result: PassageSearchResult
}

function Found({ projectId, query, result: { passages, mode, corrections, took_ms: tookMs } }: FoundProps) {
  const { t, language } = useTranslation('knowledge')
  const format = useFormat()
  const took = new Intl.NumberFormat(language, { style: 'unit', unit: 'millisecond' }).format(Math.round(tookMs))
  const count = passages.length
  return (
    <div className="flex flex-col gap-3">
      <div role="status" className="text-muted text-sm">
        <p>
          {count === 0
            ? t('bench.none', { query })
            : t('bench.found', { count, shown: format.number(count), took, how: t(`bench.modes.${mode}`) })}
        </p>
        {corrections.map(({ from, to }) => (
          <p key={from}>{t('bench.corrected', { from, to })}</p>
        ))}
      </div>
      {count === 0 ? (
        <EmptyState icon={Search} text={t('bench.noneHint')} />
      ) : (
        <ol aria-label={t('bench.results')} className="flex flex-col gap-3">
          {passages.map((passage) => (
            <FoundPassageItem
              key={`${passage.file_id} ${passage.ordinal}`}
              projectId={projectId}
              passage={passage}
              best={passages[0]?.score ?? 1}
            />
          ))}
        </ol>
      )}
    </div>
  )
}
