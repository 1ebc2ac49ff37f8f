import type { Project, Prompt } from '@chatbot-platform/contract'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useSearchParams } from '../../lib/router/use-router.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { PromptEditor } from './prompt-editor.tsx'
import { usePromptDraft } from './use-prompt-draft.ts'
import { VersionList } from './version-list.tsx'
import { VersionView } from './version-view.tsx'

interface PromptWorkbenchProps {
  project: Project
  /** Undefined for a bot without a prompt. */
  active: Prompt | undefined
  onTry: ((promptId: string) => void) | undefined
}

/** The editor, or with `?version=` one version in its place; the list of versions beside it. */
export function PromptWorkbench({ project, active, onTry }: PromptWorkbenchProps) {
  const { t } = useTranslation('bots')
  const [search, setSearch] = useSearchParams()
  const draft = usePromptDraft(project.id, active)
  const [replacement, setReplacement] = useState<Prompt | null>(null)
  const shownId = search.get('version')
  const open = (version: Prompt) => {
    draft.open(version)
    setReplacement(null)
    setSearch({})
  }
  return (
    // By the room there is, not by the window: a trial chat may stand beside this.
    <div className="@container">
      <div className="grid items-start gap-8 @min-[44rem]:grid-cols-[minmax(0,1fr)_17rem]">
        {shownId === null ? (
          <PromptEditor project={project} active={active} draft={draft} onTry={onTry} />
        ) : (
          <VersionView
            key={shownId}
            projectId={project.id}
            promptId={shownId}
            active={active}
            onTry={onTry}
            onEdit={(version) => (draft.isDirty ? setReplacement(version) : open(version))}
          />
        )}
        <VersionList projectId={project.id} shownId={shownId} />
      </div>
      {replacement && (
        <ConfirmDialog
          open
          onClose={() => setReplacement(null)}
          onConfirm={() => open(replacement)}
          title={t('prompts.replaceTitle')}
          text={t('prompts.replaceText', { version: replacement.version })}
          confirmLabel={t('prompts.replaceConfirm')}
        />
      )}
    </div>
  )
}
