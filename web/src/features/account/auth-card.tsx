import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Mark } from '../../ui/mark.tsx'
import { LanguageSelect } from './language-select.tsx'

interface AuthCardProps {
  title: string
  children: ReactNode
  /** The way to the other of the two pages. */
  footer: ReactNode
}

/** The frame of the pages of people who are not signed in. */
export function AuthCard({ title, children, footer }: AuthCardProps) {
  const { t } = useTranslation('account')
  const { t: common } = useTranslation('common')
  return (
    <div className="flex min-h-dvh flex-col items-center bg-panel px-4 pb-[max(1rem,env(safe-area-inset-bottom))]">
      <title>{`${title} · ${common('appName')}`}</title>
      <main className="my-auto w-full max-w-96 py-8">
        <div className="mb-6 flex items-center gap-3">
          <Mark className="size-10 shrink-0" />
          <div>
            <p className="font-semibold text-[1rem]">{common('appName')}</p>
            <p className="text-balance text-muted">{t('tagline')}</p>
          </div>
        </div>
        <div className="rounded-lg border border-line bg-page p-5 sm:p-6">
          <h1 className="mb-4 font-semibold text-lg">{title}</h1>
          {children}
        </div>
        <p className="mt-4 text-center text-muted">{footer}</p>
      </main>
      <footer>
        <LanguageSelect />
      </footer>
    </div>
  )
}

/** The look of a link in a sentence. */
export const linkClass = 'rounded-sm font-medium text-accent underline underline-offset-2 hover:text-accent-strong'
