import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

/** What a list or page shows while it has nothing: one sentence, one action. */
export function EmptyState({ icon: Icon, text, action }: { icon?: LucideIcon; text: string; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-12 text-center text-muted">
      {Icon && <Icon size={20} strokeWidth={1.75} aria-hidden />}
      <p className="max-w-96 text-balance">{text}</p>
      {action}
    </div>
  )
}
