import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface EmptyStateProps {
  icon?: LucideIcon
  /** The heading, where this is all that the page has. */
  title?: string
  text: string
  action?: ReactNode
}

/** What a list or page shows while it has nothing: one sentence, one action. */
export function EmptyState({ icon: Icon, title, text, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-12 text-center text-muted">
      {Icon && <Icon size={20} strokeWidth={1.75} aria-hidden />}
      {title && <h1 className="font-semibold text-lg text-text">{title}</h1>}
      <p className="max-w-96 text-balance">{text}</p>
      {action}
    </div>
  )
}
