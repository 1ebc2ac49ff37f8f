import type { Prompt } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useActivatePrompt } from '../../lib/queries/prompts.ts'
import { Button } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'

/** Makes a version the active one; `isReturn` words it for one that was left behind. */
export function ActivateButton({ version, isReturn = false }: { version: Prompt; isReturn?: boolean }) {
  const { t } = useTranslation('bots')
  const problemText = useProblemText()
  const activate = useActivatePrompt(version.project_id)
  const press = () =>
    activate.mutate(version.id, {
      onSuccess: () => toast({ text: t('prompts.activated', { version: version.version }) }),
      onError: (error) => toast({ text: t('prompts.failed', { reason: problemText(error) }) }),
    })
  return (
    <Button variant="primary" busy={activate.isPending} onClick={press}>
      {t(isReturn ? 'prompts.restore' : 'prompts.activate')}
    </Button>
  )
}
