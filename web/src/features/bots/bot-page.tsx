import type { Project } from '@chatbot-platform/contract'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { Link } from '../../lib/router/link.tsx'
import { useNavigate, useParams } from '../../lib/router/use-router.tsx'
import { BotLinks } from '../../ui/bot-links.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { MissingBot } from '../../ui/missing-bot.tsx'
import { Page } from '../../ui/page.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { BotForm } from './bot-form.tsx'
import { FormSection } from './form-section.tsx'
import { leaveFreely } from './leave-guard.tsx'
import { RemoveBotDialog } from './remove-bot-dialog.tsx'

/** The settings of one bot. */
export function BotPage() {
  const { t } = useTranslation('bots')
  const { projectId } = useParams()
  const projects = useProjects()
  const project = projects.data?.find(({ id }) => id === projectId)
  return (
    <Page
      title={t('form.title')}
      lead={project && <bdi>{project.name}</bdi>}
      actions={project && <BotLinks projectId={project.id} here="settings" />}
    >
      <QueryStates query={projects} loading={<SkeletonRows count={4} className="h-24" />}>
        {() =>
          project ? (
            <>
              <BotForm key={project.id} project={project} />
              <FormSection title={t('form.budget')} text={t('form.budgetText')}>
                <Link to={`/app/usage?bot=${project.id}`} className={buttonClass('secondary', 'self-start')}>
                  {t('form.budgetOpen')}
                </Link>
              </FormSection>
              <RemoveSection project={project} />
            </>
          ) : (
            <MissingBot />
          )
        }
      </QueryStates>
    </Page>
  )
}

function RemoveSection({ project }: { project: Project }) {
  const { t } = useTranslation('bots')
  const navigate = useNavigate()
  const [isAsking, setAsking] = useState(false)
  return (
    <FormSection title={t('form.delete')} text={t('remove.section')}>
      <Button variant="danger" className="self-start" onClick={() => setAsking(true)}>
        {t('remove.open')}
      </Button>
      {isAsking && (
        <RemoveBotDialog
          project={project}
          onClose={() => setAsking(false)}
          onRemoved={() => void navigate('/app/bots', { replace: true, ...leaveFreely })}
        />
      )}
    </FormSection>
  )
}
