import { ChevronDown } from 'lucide-react'
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react'
import { cx } from '../lib/class-names.ts'

interface FieldProps {
  label: string
  /** What the setting means, below it. */
  hint?: ReactNode
  /** What is wrong and what to do. */
  error?: string | undefined
  className?: string
}

/** The look of anything that takes text or a choice. */
export const controlClass =
  'w-full rounded-md border border-edge bg-raised px-3 py-1.5 text-text min-h-9 pointer-coarse:min-h-11 pointer-coarse:text-[1rem] ' +
  'disabled:opacity-60 aria-invalid:border-danger'

export function TextField({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldProps & InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  return (
    <Field {...{ label, hint, error, className }}>
      {(attributes) => <input {...rest} {...attributes} className={controlClass} />}
    </Field>
  )
}

export function TextArea({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  return (
    <Field {...{ label, hint, error, className }}>
      {(attributes) => (
        <textarea dir="auto" {...rest} {...attributes} className={cx(controlClass, 'leading-relaxed')} />
      )}
    </Field>
  )
}

export function SelectField({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  return <Field {...{ label, hint, error, className }}>{(attributes) => <Select {...rest} {...attributes} />}</Field>
}

/** A choice from a list, the browser's own, in the look of the other fields. */
export function Select(attributes: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <div className="relative min-w-0">
      <select {...attributes} className={cx(controlClass, 'appearance-none truncate pe-9')} />
      <ChevronDown
        size={16}
        strokeWidth={1.75}
        aria-hidden
        className="pointer-events-none absolute end-3 top-1/2 -translate-y-1/2 text-muted"
      />
    </div>
  )
}

interface ControlAttributes {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

/** Ties a label, a hint and an error to the control that `children` renders with the given attributes. */
export function Field({
  label,
  hint,
  error,
  className,
  children,
}: FieldProps & { children: (attributes: ControlAttributes) => ReactNode }) {
  const id = useId()
  const noteId = `${id}-note`
  return (
    <div className={cx('flex flex-col gap-1.5', className)}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({
        id,
        'aria-describedby': hint || error ? noteId : undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {(hint || error) && (
        <p
          id={noteId}
          className={cx('text-sm', error ? 'text-danger' : 'text-muted')}
          role={error ? 'alert' : undefined}
        >
          {error ?? hint}
        </p>
      )}
    </div>
  )
}
