import type { Fallback, Project, ProjectPatch } from '@chatbot-platform/contract'
import { useState } from 'react'
import type { FallbackRow } from './fallback-item.tsx'
import { parseLength } from './length-field.tsx'
import { descriptionLimit, nameLimit } from './limits.ts'
import type { ModelChoice } from './model-choice.ts'

/** The settings of a bot as the form holds them. */
export interface BotValues {
  name: string
  description: string
  choice: ModelChoice
  temperature: number | null
  length: string
  fallbacks: FallbackRow[]
}

export interface BotForm {
  values: BotValues
  set: (changes: Partial<BotValues>) => void
  /** Only what differs from the saved settings. */
  patch: ProjectPatch
  isDirty: boolean
  /** Whether a value cannot be saved as it stands. */
  isInvalid: boolean
  discard: () => void
}

/** Remembers only what was changed here, so that a change made elsewhere shows in every other field. */
export function useBotForm(project: Project): BotForm {
  const [changes, setChanges] = useState<Partial<BotValues>>({})
  const values = { ...valuesOf(project), ...changes }
  const patch = patchOf(project, values)
  const name = values.name.trim()
  const isInvalid =
    name === '' ||
    name.length > nameLimit ||
    values.description.length > descriptionLimit ||
    parseLength(values.length) === undefined
  return {
    values,
    set: (more) => setChanges((known) => ({ ...known, ...more })),
    patch,
    isDirty: isInvalid || Object.keys(patch).length > 0,
    isInvalid,
    discard: () => setChanges({}),
  }
}

function valuesOf(project: Project): BotValues {
  return {
    name: project.name,
    description: project.description ?? '',
    choice: { provider: project.provider, model: project.model },
    temperature: project.temperature,
    length: project.max_tokens === null ? '' : String(project.max_tokens),
    fallbacks: project.fallbacks.map((fallback, index) => ({ ...fallback, key: `saved-${index}` })),
  }
}

function patchOf(project: Project, { choice, ...values }: BotValues): ProjectPatch {
  const description = values.description.trim() === '' ? null : values.description
  const maxTokens = parseLength(values.length) ?? null
  const fallbacks = values.fallbacks.map(({ provider, model }) => ({ provider, model }))
  return {
    ...(values.name.trim() !== project.name && { name: values.name.trim() }),
    ...(description !== project.description && { description }),
    ...(choice.provider !== project.provider && { provider: choice.provider }),
    ...(choice.model !== project.model && { model: choice.model }),
    ...(values.temperature !== project.temperature && { temperature: values.temperature }),
    ...(maxTokens !== project.max_tokens && { max_tokens: maxTokens }),
    ...(!areSame(fallbacks, project.fallbacks) && { fallbacks }),
  }
}

function areSame(one: Fallback[], other: Fallback[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ provider, model }, index) => provider === other[index]?.provider && model === other[index]?.model)
  )
}
