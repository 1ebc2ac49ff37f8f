import { ApiError } from '@chatbot-platform/client'
import type { SourceInput } from '@chatbot-platform/contract'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { RefreshField } from './refresh-field.tsx'
import { useSourceChanges } from './use-sources.ts'

const blank: SourceInput = { kind: 'url', url: '', refresh_hours: null }

/** Adds a web page or a sitemap. */
export function SourceForm({ projectId }: { projectId: string }) {
  const { t } = useTranslation('knowledge')
  const [values, setValues] = useState(blank)
  const { create } = useSourceChanges(projectId)
  const errorWords = useErrorWords()
  const set = (changes: Partial<SourceInput>) => setValues((known) => ({ ...known, ...changes }))
  return (
    <form
      noValidate
      className="flex flex-col gap-4 rounded-lg border border-line p-4"
      onSubmit={(event) => {
        event.preventDefault()
        const url = values.url.trim()
        if (url !== '' && !create.isPending) create.mutate({ ...values, url }, { onSuccess: () => setValues(blank) })
      }}
    >
      <TextField
        type="url"
        inputMode="url"
        dir="ltr"
        autoComplete="off"
        label={t('sources.address')}
        hint={t('sources.addressHint')}
        placeholder="https://"
        error={create.error ? errorWords(create.error) : undefined}
        value={values.url}
        onChange={({ target }) => set({ url: target.value })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label={t('sources.kind')}
          value={values.kind}
          onChange={({ target }) => set({ kind: target.value === 'sitemap' ? 'sitemap' : 'url' })}
        >
          <option value="url">{t('sources.kinds.url')}</option>
          <option value="sitemap">{t('sources.kinds.sitemap')}</option>
        </SelectField>
        <RefreshField
          label={t('refresh.label')}
          value={values.refresh_hours}
          onChange={(hours) => set({ refresh_hours: hours })}
        />
      </div>
      <Button
        type="submit"
        variant="primary"
        className="self-start"
        busy={create.isPending}
        disabled={values.url.trim() === ''}
      >
        {t('sources.add')}
      </Button>
    </form>
  )
}

/** What is wrong with an address only the server knows; it says so in a sentence. */
function useErrorWords(): (error: unknown) => string {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  return (error) => {
    if (!(error instanceof ApiError)) return problemText(error)
    const { code, errors, detail } = error.problem
    if (code === 'conflict') return t('sources.known')
    return code === 'validation_failed' ? (errors?.[0]?.msg ?? detail) : problemText(error)
  }
}
