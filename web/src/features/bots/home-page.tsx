import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { Redirect } from '../../lib/router/link.tsx'
import { Page } from '../../ui/page.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { Skeleton, SkeletonRows } from '../../ui/skeleton.tsx'
import { lastBot } from './last-bot.ts'
import { StartingPoints } from './starting-points.tsx'

/** Goes on where you were: a new chat with the bot used last. Without any bot, the way to the first one. */
export function HomePage() {
  const { t } = useTranslation('bots')
  const projects = useProjects()
  const bot = projects.data && lastBot(projects.data)
  if (bot) return <Redirect to={`/app/chat/${bot.id}`} />
  if (projects.data) {
    return (
      <Page title={t('welcome.title')} lead={t('welcome.lead')}>
        <StartingPoints />
      </Page>
    )
  }
  return (
    <Page title={t('common:bots.title')}>
      <QueryStates query={projects} loading={<HomeSkeleton />}>
        {() => null}
      </QueryStates>
    </Page>
  )
}

function HomeSkeleton() {
  return (
    <div className="flex flex-col gap-4">
      <Skeleton className="h-6 w-60" />
      <SkeletonRows count={3} className="h-20" />
    </div>
  )
}
