import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'

interface SessionTitleInputProps {
  title: string
  /** With the trimmed new title; with null where it is empty or the old one. */
  onDone: (title: string | null) => void
}

/** The title of a row while it is edited: Enter or leaving keeps the text, Escape the old one. */
export function SessionTitleInput({ title, onDone }: SessionTitleInputProps) {
  const { t } = useTranslation('sessions')
  const [text, setText] = useState(title)
  const finish = () => {
    const given = text.trim()
    onDone(given === '' || given === title ? null : given)
  }
  return (
    <input
      autoFocus
      dir="auto"
      aria-label={t('title')}
      maxLength={200}
      value={text}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return
        event.preventDefault()
        event.stopPropagation()
        if (event.key === 'Enter') finish()
        else onDone(null)
      }}
      className="-outline-offset-2 min-h-9 w-full rounded-md border border-edge bg-raised px-2.5 pointer-coarse:min-h-11 pointer-coarse:text-[1rem]"
    />
  )
}
