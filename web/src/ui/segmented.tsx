import { useId } from 'react'
import { cx } from '../lib/class-names.ts'

interface SegmentedProps<T extends string> {
  /** What is chosen, for a screen reader. */
  label: string
  value: T
  options: { value: T; label: string }[]
  onChange: (value: T) => void
}

/** A choice of a few, all in view: radio buttons in a row. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  const name = useId()
  return (
    <fieldset className="inline-flex max-w-full flex-wrap gap-0.5 rounded-md border border-line bg-panel p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={cx(
            'relative flex min-h-8 cursor-pointer items-center rounded-sm px-3 has-focus-visible:outline-2 has-focus-visible:outline-accent pointer-coarse:min-h-11',
            option.value === value
              ? 'bg-raised font-medium shadow-[0_0_0_1px_var(--color-line)]'
              : 'text-muted hover:text-text',
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  )
}
