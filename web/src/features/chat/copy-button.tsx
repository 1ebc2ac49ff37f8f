import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../ui/icon-button.tsx'
import { toast } from '../../ui/toast.tsx'

/** For how long the button says that it has worked, in ms. */
const copiedMs = 2000

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation(['chat', 'common'])
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      // Browsers offer the clipboard on secure pages only, and may ask first.
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
