import type { Project, Prompt } from '@chatbot-platform/contract'
import { Suspense, useDeferredValue, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { useFormat } from '../../lib/format.ts'
import { fieldError, useProblemText } from '../../lib/problems.ts'
import { promptLimit, useCreatePrompt } from '../../lib/queries/prompts.ts'
import { Button } from '../../ui/button.tsx'
import { TextArea } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { toast } from '../../ui/toast.tsx'
import { ActivateButton } from './activate-button.tsx'
import { TextDiff } from './lazy-text-diff.ts'
import type { PromptDraft } from './use-prompt-draft.ts'

interface PromptEditorProps {
  project: Project
  active: Prompt | undefined
  draft: PromptDraft
  onTry: ((promptId: string) => void) | undefined
}

/** The text of the next version; saving it makes it the active one, or keeps it as a draft. */
export function PromptEditor({ project, active, draft, onTry }: PromptEditorProps) {
  const { t } = useTranslation('bots')
  const problemText = useProblemText()
  const create = useCreatePrompt(project.id)
  const { text, isDirty, base } = draft
  const canSave = isDirty && text.trim() !== '' && text.length <= promptLimit
  const save = async (activate: boolean): Promise<Prompt | undefined> => {
    if (!canSave || create.isPending) return undefined
    try {
      const version = await create.mutateAsync({ content: text, activate })
      if (activate) draft.discard()
      else draft.open(version)
      const key = activate ? 'prompts.savedActive' : 'prompts.savedDraft'
      toast({ text: t(key, { version: version.version }) })
      return version
    } catch {
      return undefined
    }
  }
  const tryIt = async () => {
    const version = isDirty ? await save(false) : base
    if (version) onTry?.(version.id)
  }
  return (
    <form
      className="flex min-w-0 flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        void save(true)
      }}
    >
      <TextArea
        label={t('prompts.editor')}
        placeholder={t('prompts.placeholder')}
        rows={18}
        value={text}
        onChange={(event) => draft.write(event.target.value)}
        error={fieldError(create.error, 'content')}
      />
      <EditorState draft={draft} activeId={active?.id} />
      {create.error && <Notice tone="danger">{t('prompts.failed', { reason: problemText(create.error) })}</Notice>}
      <div className="flex flex-wrap gap-2">
        {!isDirty && base && base.id !== active?.id ? (
          <ActivateButton version={base} />
        ) : (
          <Button type="submit" variant="primary" busy={create.isPending} disabled={!canSave}>
            {t('prompts.saveActive')}
          </Button>
        )}
        <Button onClick={() => void save(false)} busy={create.isPending} disabled={!canSave}>
          {t('prompts.saveDraft')}
        </Button>
        {onTry && (
          <Button
            onClick={() => void tryIt()}
            busy={create.isPending}
            disabled={isDirty ? !canSave : base === undefined}
          >
            {t('prompts.try')}
          </Button>
        )}
        {isDirty && (
          <Button variant="quiet" onClick={draft.discard}>
            {t('prompts.discard')}
          </Button>
        )}
      </div>
      {onTry && isDirty && <p className="text-muted text-sm">{t('prompts.tryHint')}</p>}
      {isDirty && base && <OwnChanges before={base} after={text} />}
    </form>
  )
}

/** How long the text is, and how it stands to the versions. */
function EditorState({ draft, activeId }: { draft: PromptDraft; activeId: string | undefined }) {
  const { t } = useTranslation('bots')
  const format = useFormat()
  const { text, base, isDirty } = draft
  const over = text.length - promptLimit
  const state = () => {
    if (isDirty) return t('prompts.stateUnsaved')
    if (!base) return t('prompts.stateNone')
    return t(base.id === activeId ? 'prompts.stateActive' : 'prompts.stateVersion', { version: base.version })
  }
  return (
    <div className="flex flex-wrap justify-between gap-x-4 gap-y-1 text-muted text-sm">
      <p>{state()}</p>
      <p className={cx('tabular-nums', over > 0 && 'text-danger')} role={over > 0 ? 'alert' : undefined}>
        {over > 0
          ? t('prompts.tooLong', { over: format.number(over) })
          : t('prompts.length', { shown: format.number(text.length), limit: format.number(promptLimit) })}
      </p>
    </div>
  )
}

/** The difference is worked out where it is asked for, and never in the way of typing. */
function OwnChanges({ before, after }: { before: Prompt; after: string }) {
  const { t } = useTranslation('bots')
  const [isOpen, setOpen] = useState(false)
  const settled = useDeferredValue(after)
  const from = t('prompts.version', { version: before.version })
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="py-1 font-medium">{t('prompts.changes')}</summary>
      {isOpen && (
        <div className="mt-2">
          <Suspense fallback={<Skeleton className="h-24" />}>
            <TextDiff before={before.content} after={settled} label={t('diff.label', { from, to: t('diff.draft') })} />
          </Suspense>
        </div>
      )}
    </details>
  )
}
