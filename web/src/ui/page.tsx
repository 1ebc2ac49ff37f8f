import type { ReactNode } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { SidebarButton } from './sidebar-button.tsx'

interface PageProps {
  title: string
  /** A sentence below the title. */
  lead?: ReactNode
  /** Buttons beside the title. */
  actions?: ReactNode
  children: ReactNode
}

/** The frame of a page that is not a conversation: heading, actions, one scrolling column. Sets the window's title. */
export function Page({ title, lead, actions, children }: PageProps) {
  const { t } = useTranslation()
  return (
    <div className="h-full overflow-y-auto">
      <title>{`${title} · ${t('appName')}`}</title>
      <div className="mx-auto flex max-w-[60rem] flex-col gap-6 px-4 pt-5 pb-[max(3rem,env(safe-area-inset-bottom))] sm:px-8 sm:pt-6">
        <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
          <div className="flex min-w-0 items-start gap-2">
            {/* Its sign stands at the edge of the column, level with the heading. */}
            <div className="-ms-2 -my-[3px] pointer-coarse:-ms-3.5 pointer-coarse:-my-[9px] empty:hidden">
              <SidebarButton />
            </div>
            <div className="min-w-0">
              <h1 className="font-semibold text-lg">{title}</h1>
              {lead && <p className="mt-1 max-w-prose text-pretty text-muted">{lead}</p>}
            </div>
          </div>
          {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  )
}
