import { Eye, EyeOff } from 'lucide-react'
import { type InputHTMLAttributes, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { controlClass, Field } from '../../ui/field.tsx'
import { IconButton } from '../../ui/icon-button.tsx'

interface PasswordFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string
  hint?: string
  error?: string | undefined
  /** Tells password managers whether to fill in or to propose one. */
  autoComplete: 'current-password' | 'new-password'
}

/** A password, hidden until its reader asks to see it. */
export function PasswordField({ label, hint, error, ...rest }: PasswordFieldProps) {
  const { t } = useTranslation('account')
  const [isShown, setShown] = useState(false)
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <div className="relative">
          <input
            {...rest}
            {...attributes}
            type={isShown ? 'text' : 'password'}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            className={cx(controlClass, 'pe-11 pointer-coarse:pe-12')}
          />
          <IconButton
            icon={isShown ? EyeOff : Eye}
            label={isShown ? t('password.hide') : t('password.show')}
            onClick={() => setShown(!isShown)}
            className="absolute inset-y-0 end-0.5 my-auto"
          />
        </div>
      )}
    </Field>
  )
}
