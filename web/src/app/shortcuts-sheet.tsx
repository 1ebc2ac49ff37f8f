import { useTranslation } from '../i18n/use-translation.ts'
import { type Command, keyNames } from '../lib/commands.ts'

/** Every command that has keys: those of the page in view, then those of all pages. */
export function ShortcutsSheet({ commands }: { commands: Command[] }) {
  const { t } = useTranslation()
  const withKeys = [...new Map(commands.flatMap((command) => (command.keys ? [[command.keys, command]] : []))).values()]
  return (
    <div className="flex flex-col gap-4 overflow-y-auto p-4">
      <Group title={t('commands.here')} commands={withKeys.filter(({ isEverywhere }) => !isEverywhere)} />
      <Group title={t('commands.everywhere')} commands={withKeys.filter(({ isEverywhere }) => isEverywhere)} />
    </div>
  )
}

function Group({ title, commands }: { title: string; commands: Command[] }) {
  if (commands.length === 0) return null
  return (
    <section>
      <h3 className="pb-1 text-muted text-sm">{title}</h3>
      <dl>
        {commands.map(({ id, label, keys = '' }) => (
          <div key={id} className="flex min-h-9 items-center justify-between gap-4 border-line border-t">
            <dt className="min-w-0">{label}</dt>
            <dd className="flex shrink-0 gap-1">
              {keyNames(keys).map((name) => (
                <kbd
                  key={name}
                  className="min-w-6 rounded-sm border border-line bg-panel px-1.5 py-0.5 text-center font-sans text-sm"
                >
                  {name}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
