import type { Prompt } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { usePromptVersions } from '../../lib/queries/prompts.ts'
import { Link } from '../../lib/router/link.tsx'
import { Button } from '../../ui/button.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'

/** Every version ever saved, newest first; each opens in place of the editor. */
export function VersionList({ projectId, shownId }: { projectId: string; shownId: string | null }) {
  const { t } = useTranslation('bots')
  const versions = usePromptVersions(projectId)
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <h2 className="font-medium">{t('prompts.versions')}</h2>
      <QueryStates query={versions} loading={<SkeletonRows count={3} className="h-12" />}>
        {(list) =>
          list.length === 0 ? (
            <p className="text-muted text-sm">{t('prompts.none')}</p>
          ) : (
            <ul className="flex flex-col gap-1">
              {list.map((version) => (
                <li key={version.id}>
                  <VersionLink version={version} isShown={version.id === shownId} />
                </li>
              ))}
            </ul>
          )
        }
      </QueryStates>
      {versions.hasNextPage && (
        <Button className="self-start" busy={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
          {t('prompts.older')}
        </Button>
      )}
    </section>
  )
}

function VersionLink({ version, isShown }: { version: Prompt; isShown: boolean }) {
  const { t } = useTranslation('bots')
  const author = version.created_by?.email
  return (
    <Link
      to={`?version=${version.id}`}
      aria-current={isShown || undefined}
      className={cx(
        'block rounded-md border px-3 py-2 transition-colors hover:bg-hover',
        isShown ? 'border-edge bg-hover' : 'border-line bg-raised',
      )}
    >
      <span className="flex items-center gap-2">
        <span className="font-medium">{t('prompts.version', { version: version.version })}</span>
        {version.active && <ActiveMark />}
      </span>
      <span className="mt-0.5 flex flex-wrap gap-x-2 text-muted text-sm">
        <TimeAgo time={version.created_at} />
        {author && (
          <span className="min-w-0 truncate" title={author}>
            {t('prompts.by', { email: author })}
          </span>
        )}
      </span>
    </Link>
  )
}

/** Marks the version that new answers use. */
export function ActiveMark() {
  const { t } = useTranslation('bots')
  return <span className="rounded-full bg-success-soft px-2 text-success text-xs leading-5">{t('prompts.active')}</span>
}
