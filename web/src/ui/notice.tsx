import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '../lib/class-names.ts'

export type Tone = 'info' | 'success' | 'warning' | 'danger'

const tones: Record<Tone, { icon: LucideIcon; className: string; iconClass: string }> = {
  info: { icon: Info, className: 'bg-accent-soft', iconClass: 'text-accent' },
  success: { icon: CircleCheck, className: 'bg-success-soft', iconClass: 'text-success' },
  warning: { icon: TriangleAlert, className: 'bg-warning-soft', iconClass: 'text-warning' },
  danger: { icon: CircleAlert, className: 'bg-danger-soft', iconClass: 'text-danger' },
}

interface NoticeProps {
  tone?: Tone
  children: ReactNode
  /** Buttons or links: the next step. */
  actions?: ReactNode
  className?: string
}

/** Something to know, in the flow of the page: what happened, and what to do. Failures are announced. */
export function Notice({ tone = 'info', children, actions, className }: NoticeProps) {
  const { icon: Icon, className: toneClass, iconClass } = tones[tone]
  return (
    <div
      role={tone === 'danger' ? 'alert' : undefined}
      className={cx('flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md px-3 py-2.5', toneClass, className)}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden className={cx('mt-0.5 shrink-0', iconClass)} />
      <div className="min-w-48 flex-1">{children}</div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  )
}
