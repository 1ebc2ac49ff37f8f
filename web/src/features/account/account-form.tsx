import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { FormNotice } from './form-notice.tsx'

interface AccountFormProps {
  /** What the form is for; not started again while it is under way. */
  sending: { isPending: boolean; mutate(): void }
  /** What went wrong with the form as a whole. */
  error: string | undefined
  action: string
  /** The button's words meanwhile, where the form is all there is on the page. */
  busyAction?: string
  children: ReactNode
}

/** The fields of a form about an account, and below them what went wrong and the button. */
export function AccountForm({ sending, error, action, busyAction, children }: AccountFormProps) {
  const { isPending } = sending
  const isMain = busyAction !== undefined
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isPending) sending.mutate()
      }}
    >
      {children}
      <FormNotice text={error} />
      <Button
        type="submit"
        variant={isMain ? 'primary' : 'secondary'}
        className={isMain ? undefined : 'self-start'}
        busy={isPending}
      >
        {isPending && isMain ? busyAction : action}
      </Button>
    </form>
  )
}
