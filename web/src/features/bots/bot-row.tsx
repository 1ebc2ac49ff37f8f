import type { Project } from '@chatbot-platform/contract'
import { Copy, Ellipsis, Library, MessageSquare, ScrollText, SlidersHorizontal, Trash2 } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProviderName } from '../../lib/provider-name.ts'
import { Link } from '../../lib/router/link.tsx'
import { useNavigate } from '../../lib/router/use-router.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { useDuplicate } from './use-duplicate.ts'

/** One bot of the list: what it is, when it was changed, and what can be done with it. */
export function BotRow({ project, onRemove }: { project: Project; onRemove: () => void }) {
  const { t } = useTranslation('bots')
  const navigate = useNavigate()
  const duplicate = useDuplicate()
  const { id, name, description } = project
  const go = (path: string) => () => void navigate(path)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 p-4">
      <div className="min-w-0 flex-1 basis-60">
        <h2 className="font-semibold">
          <Link to={`/app/bots/${id}`} className="line-clamp-2 rounded-sm hover:underline" title={name}>
            <bdi>{name}</bdi>
          </Link>
        </h2>
        {description && (
          <p dir="auto" className="mt-0.5 line-clamp-2 text-muted">
            {description}
          </p>
        )}
        <BotFacts project={project} />
      </div>
      <div className="flex items-center gap-1">
        <Link to={`/app/chat/${id}`} className={buttonClass()} aria-label={t('chatWith', { name })}>
          <MessageSquare size={16} strokeWidth={1.75} aria-hidden />
          {t('chat')}
        </Link>
        <Menu
          align="end"
          trigger={<IconButton icon={Ellipsis} label={t('actions', { name })} />}
          groups={[
            [
              { label: t('settings'), icon: SlidersHorizontal, onSelect: go(`/app/bots/${id}`) },
              { label: t('prompt'), icon: ScrollText, onSelect: go(`/app/bots/${id}/prompt`) },
              { label: t('knowledge'), icon: Library, onSelect: go(`/app/bots/${id}/knowledge`) },
              { label: t('duplicate'), icon: Copy, onSelect: () => duplicate(project) },
            ],
            [{ label: t('form.delete'), icon: Trash2, isDanger: true, onSelect: onRemove }],
          ]}
        />
      </div>
    </li>
  )
}

function BotFacts({ project }: { project: Project }) {
  const { t } = useTranslation('bots')
  const providerName = useProviderName()
  const { provider, model, updated_at: updatedAt } = project
  const chosen =
    model ?? (provider === null ? t('defaultModel') : t('model.providerDefault', { provider: providerName(provider) }))
  return (
    <p className="mt-1.5 flex flex-wrap gap-x-3 gap-y-0.5 text-muted text-sm">
      <bdi>{chosen}</bdi>
      <TimeAgo time={updatedAt} text={(time) => t('changed', { time })} />
    </p>
  )
}
