import type { ButtonHTMLAttributes, Ref } from 'react'
import { cx } from '../lib/class-names.ts'

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: ButtonVariant
  /** Says that what was asked for is under way: the button stays readable, and pressing it again does nothing. */
  busy?: boolean
  ref?: Ref<HTMLButtonElement>
}

const variants: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong border-transparent',
  secondary: 'bg-raised text-text border-edge hover:bg-hover',
  quiet: 'text-text border-transparent hover:bg-hover',
  danger: 'bg-raised text-danger border-danger hover:bg-danger-soft',
}

/** The classes of a button, for links that look like one. */
export function buttonClass(variant: ButtonVariant = 'secondary', className?: string): string {
  return cx(
    'inline-flex min-h-9 shrink-0 items-center justify-center gap-2 rounded-md border px-3 py-1.5 font-medium',
    'transition-colors select-none disabled:opacity-50 aria-disabled:opacity-60 pointer-coarse:min-h-11',
    variants[variant],
    className,
  )
}

export function Button({ variant, busy = false, className, onClick, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={buttonClass(variant, className)}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    />
  )
}
