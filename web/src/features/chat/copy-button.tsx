import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { copyText } from '../../markdown/copy-text.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { toast } from '../../ui/toast.tsx'

/** For how long the button says that it has worked, in ms. */
const copiedMs = 2000

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation('chat')
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    if (!(await copyText(text))) {
      toast({ text: t('message.copyFailed') })
      return
    }
    setCopied(true)
    setTimeout(() => setCopied(false), copiedMs)
  }
  return (
    <IconButton
      icon={isCopied ? Check : Copy}
      label={isCopied ? t('common:copied') : label}
      onClick={() => void copy()}
    />
  )
}
