import { type ReactNode, useId } from 'react'

/** A part of the account page: what it is about at the start of the line, where there is room, and its controls. */
export function Section({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-3 border-line border-t pt-6 lg:grid-cols-[16rem_minmax(0,1fr)]"
    >
      <div className="min-w-0">
        <h2 id={id} className="font-semibold text-[1rem]">
          {title}
        </h2>
        {text && <p className="mt-1 text-muted">{text}</p>}
      </div>
      <div className="min-w-0 max-w-96">{children}</div>
    </section>
  )
}
