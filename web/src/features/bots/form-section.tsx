import type { ReactNode } from 'react'

/** A part of a form: what it is about at the start of the line, its fields beside that. */
export function FormSection({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section className="grid gap-x-8 gap-y-4 border-line border-t pt-6 lg:grid-cols-[16rem_minmax(0,1fr)]">
      <div>
        <h2 className="font-semibold text-[1rem]">{title}</h2>
        <p className="mt-1 text-muted">{text}</p>
      </div>
      <div className="flex min-w-0 max-w-xl flex-col gap-5">{children}</div>
    </section>
  )
}
