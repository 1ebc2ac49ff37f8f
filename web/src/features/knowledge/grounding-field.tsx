import type { Grounding, Project } from '@chatbot-platform/contract'
import { useId, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useUpdateProject } from '../../lib/queries/project-changes.ts'
import { toast } from '../../ui/toast.tsx'

const choices: readonly Grounding[] = ['open', 'documents_only']

/** Whether answers may go beyond the documents; saved as soon as it is chosen. */
export function GroundingField({ project }: { project: Project }) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const update = useUpdateProject(project.id)
  const id = useId()
  // What was pressed is shown at once, and taken back where the server refuses it.
  const [pressed, setPressed] = useState<Grounding | null>(null)
  const chosen = pressed ?? project.grounding
  const choose = (grounding: Grounding) => {
    setPressed(grounding)
    update.mutate(
      { grounding },
      {
        onSuccess: () => toast({ text: t('common:saved') }),
        onError: (error) => toast({ text: problemText(error) }),
        onSettled: () => setPressed(null),
      },
    )
  }
  return (
    <fieldset className="flex flex-col gap-3 border-line border-t pt-6">
      <legend className="float-start font-semibold text-[1rem]">{t('grounding.title')}</legend>
      {choices.map((choice) => (
        <div key={choice} className="flex items-start gap-3">
          <input
            type="radio"
            id={`${id}-${choice}`}
            name={id}
            className="mt-0.5 size-4 accent-accent"
            aria-describedby={`${id}-${choice}-text`}
            checked={choice === chosen}
            onChange={() => choose(choice)}
          />
          <div className="min-w-0">
            <label htmlFor={`${id}-${choice}`} className="font-medium">
              {t(`grounding.${choice}`)}
            </label>
            <p id={`${id}-${choice}-text`} className="max-w-prose text-pretty text-muted">
              {t(`grounding.${choice}_text`)}
            </p>
          </div>
        </div>
      ))}
    </fieldset>
  )
}
