import { ChevronDown, Languages } from 'lucide-react'
import { chooseLanguage, languages } from '../../i18n/index.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { toast } from '../../ui/toast.tsx'

/** All languages by their own names, for people who cannot read the one that is shown. */
export function LanguageSelect() {
  const { t, language } = useTranslation('account')
  const problemText = useProblemText()
  const choose = async (tag: string) => {
    const language = tag as keyof typeof languages
    await chooseLanguage(language).catch((error: unknown) => toast({ text: problemText(error) }))
  }
  return (
    <label className="relative inline-flex items-center rounded-md has-focus-visible:outline-2 has-focus-visible:outline-accent">
      <Languages size={16} strokeWidth={1.75} aria-hidden className="pointer-events-none absolute start-3 text-muted" />
      <select
        aria-label={t('language.title')}
        value={language}
        onChange={(event) => void choose(event.target.value)}
        className="min-h-9 max-w-full appearance-none rounded-md border border-edge bg-raised py-1.5 ps-9 pe-9 hover:bg-hover pointer-coarse:min-h-11 pointer-coarse:text-[1rem]"
      >
        {Object.entries(languages).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
      <ChevronDown size={16} strokeWidth={1.75} aria-hidden className="pointer-events-none absolute end-3 text-muted" />
    </label>
  )
}
