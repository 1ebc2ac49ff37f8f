import type { InputHTMLAttributes } from 'react'
import { TextField } from '../../ui/field.tsx'

interface EmailFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string
  error?: string | undefined
}

/** An address, checked by the server alone: what the browser takes for one differs. */
export function EmailField(props: EmailFieldProps) {
  return (
    <TextField
      {...props}
      type="text"
      inputMode="email"
      dir="ltr"
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
    />
  )
}
