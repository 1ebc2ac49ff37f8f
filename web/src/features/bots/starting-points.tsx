import { CodeXml, GraduationCap, Languages, LifeBuoy, type LucideIcon, PenLine, SquareDashed } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Link } from '../../lib/router/link.tsx'

/** What a new bot can begin as; names and prompts are in the translations. */
export const startingPoints = [
  { id: 'support', icon: LifeBuoy, temperature: 0.3 },
  { id: 'tutor', icon: GraduationCap, temperature: 0.5 },
  { id: 'writer', icon: PenLine, temperature: 0.9 },
  { id: 'translator', icon: Languages, temperature: 0.2 },
  { id: 'coder', icon: CodeXml, temperature: 0.2 },
  { id: 'blank', icon: SquareDashed, temperature: null },
] as const satisfies { id: string; icon: LucideIcon; temperature: number | null }[]

export type StartingPoint = (typeof startingPoints)[number]

/** The starting points as cards; each leads to the form with its texts filled in. */
export function StartingPoints() {
  const { t } = useTranslation('bots')
  return (
    <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3" aria-label={t('welcome.named')}>
      {startingPoints.map(({ id, icon: Icon }) => (
        <li key={id}>
          <Link
            to={`/app/bots/new?start=${id}`}
            className="flex h-full items-start gap-3 rounded-lg border border-line bg-raised p-4 transition-colors hover:border-edge hover:bg-hover"
          >
            <span className="rounded-md bg-accent-soft p-2 text-accent">
              <Icon size={20} strokeWidth={1.75} aria-hidden />
            </span>
            <span className="min-w-0">
              <span className="block font-semibold">{t(`templates.${id}.name`)}</span>
              <span className="mt-1 block text-muted">{t(`templates.${id}.sentence`)}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
