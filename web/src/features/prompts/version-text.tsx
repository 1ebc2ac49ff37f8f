import type { Prompt } from '@chatbot-platform/contract'
import { Suspense, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { usePromptVersions } from '../../lib/queries/prompts.ts'
import { SelectField } from '../../ui/field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { TextDiff } from './lazy-text-diff.ts'

interface Choice {
  view: 'text' | 'changes'
  /** The version to compare with; undefined for the one that suggests itself. */
  againstId?: string
}

/** The text of a version, or what is different from another one: at first the active, else the one before. */
export function VersionText({ version, active }: { version: Prompt; active: Prompt | undefined }) {
  const { t } = useTranslation('bots')
  const isActive = version.id === active?.id
  const [{ view, againstId }, choose] = useState<Choice>({ view: isActive || !active ? 'text' : 'changes' })
  const { data: listed = [] } = usePromptVersions(version.project_id)
  const known = active && !listed.some(({ id }) => id === active.id) ? [...listed, active] : listed
  const others = known.filter(({ id }) => id !== version.id)
  const suggested = isActive ? others.find((other) => other.version < version.version) : active
  const against = others.find(({ id }) => id === againstId) ?? suggested ?? others[0]
  if (!against) return <PlainText content={version.content} />
  const name = (other: Prompt) =>
    t(other.id === active?.id ? 'prompts.againstActive' : 'prompts.version', { version: other.version })
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <Segmented
          label={t('prompts.view')}
          value={view}
          options={[
            { value: 'text', label: t('prompts.text') },
            { value: 'changes', label: t('prompts.compare') },
          ]}
          onChange={(next) => choose({ view: next, againstId: against.id })}
        />
        {view === 'changes' && (
          <SelectField
            label={t('prompts.against')}
            value={against.id}
            onChange={(event) => choose({ view, againstId: event.target.value })}
          >
            {others.map((other) => (
              <option key={other.id} value={other.id}>
                {name(other)}
              </option>
            ))}
          </SelectField>
        )}
      </div>
      {view === 'text' ? (
        <PlainText content={version.content} />
      ) : (
        <Comparison version={version} against={against} name={name} />
      )}
    </div>
  )
}

/** From the older to the newer of the two, whichever of them is in view. */
function Comparison({ version, against, name }: { version: Prompt; against: Prompt; name: (one: Prompt) => string }) {
  const { t } = useTranslation('bots')
  const [from, to] = against.version < version.version ? [against, version] : [version, against]
  const label = t('diff.label', { from: name(from), to: name(to) })
  return (
    <>
      <p className="text-muted text-sm">{label}</p>
      <Suspense fallback={<Skeleton className="h-40" />}>
        <TextDiff before={from.content} after={to.content} label={label} />
      </Suspense>
    </>
  )
}

function PlainText({ content }: { content: string }) {
  return (
    <div
      dir="auto"
      className="whitespace-pre-wrap rounded-md border border-line bg-raised px-4 py-3 text-body leading-relaxed"
    >
      {content}
    </div>
  )
}
