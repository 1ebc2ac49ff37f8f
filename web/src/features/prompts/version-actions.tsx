import type { Prompt } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { ActivateButton } from './activate-button.tsx'

interface VersionActionsProps {
  version: Prompt
  active: Prompt | undefined
  onTry: ((promptId: string) => void) | undefined
  onEdit: () => void
}

/**
 * Going back to an old version makes that same version active again rather than a copy of it: the list stays short,
 * and numbers keep their meaning.
 */
export function VersionActions({ version, active, onTry, onEdit }: VersionActionsProps) {
  const { t } = useTranslation('bots')
  const { id, version: number } = version
  const isActive = id === active?.id
  const isOlder = active !== undefined && number < active.version
  const hint = () => {
    if (isActive) return t('prompts.isActive')
    return t(isOlder ? 'prompts.restoreHint' : 'prompts.activateHint', { version: number })
  }
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap gap-2">
        {!isActive && <ActivateButton version={version} isReturn={isOlder} />}
        <Button onClick={onEdit}>{t('prompts.edit')}</Button>
        {onTry && <Button onClick={() => onTry(id)}>{t('prompts.try')}</Button>}
      </div>
      <p className="text-muted text-sm">{hint()}</p>
    </div>
  )
}
