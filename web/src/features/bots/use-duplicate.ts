import { ApiError } from '@chatbot-platform/client'
import type { Project } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useCopyBot } from '../../lib/queries/project-changes.ts'
import { useNavigate } from '../../lib/router/use-router.tsx'
import { toast } from '../../ui/toast.tsx'
import { nameLimit } from './limits.ts'

/** Returns what makes a copy of a bot, with its active prompt, and says how that went. */
export function useDuplicate(): (source: Project) => void {
  const { t } = useTranslation('bots')
  const navigate = useNavigate()
  const problemText = useProblemText()
  const copy = useCopyBot()
  return (source) => {
    if (copy.isPending) return
    const name = cutName(t('copyName', { name: source.name }))
    copy.mutate(
      { source, name },
      {
        onSuccess: ({ id }) =>
          toast({
            text: t('copied', { name }),
            action: { label: t('settings'), onSelect: () => void navigate(`/app/bots/${id}`) },
          }),
        onError: (error) => toast({ text: t('copyFailed', { reason: ruleOf(error) ?? problemText(error) }) }),
      },
    )
  }
}

/** Which rule the copy breaks, such as a provider that is not there any more; there is no form that could show it. */
function ruleOf(error: unknown): string | undefined {
  return error instanceof ApiError ? error.problem.errors?.[0]?.msg : undefined
}

/** At most 200 UTF-16 units, and no half of a surrogate pair at the end. */
function cutName(name: string): string {
  return name
    .slice(0, nameLimit)
    .toWellFormed()
    .replace(/\uFFFD$/, '')
    .trim()
}
