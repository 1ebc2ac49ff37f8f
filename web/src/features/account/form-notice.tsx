import { Notice } from '../../ui/notice.tsx'

/** What went wrong with a form as a whole. */
export function FormNotice({ text }: { text: string | undefined }) {
  return text === undefined ? null : <Notice tone="danger">{text}</Notice>
}
