import type { FileErrorCode, FileKind, KnowledgeSummary } from '@chatbot-platform/contract'
import { Code, FileSpreadsheet, FileText, type LucideIcon, Presentation } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'

const icons: Partial<Record<FileKind, LucideIcon>> = {
  xlsx: FileSpreadsheet,
  csv: FileSpreadsheet,
  pptx: Presentation,
  json: Code,
}

export function iconOf(kind: FileKind): LucideIcon {
  return icons[kind] ?? FileText
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Sizes as the reader's language writes them. A megabyte is 1,048,576 bytes, as in the server's settings. */
export function useBytes(): (bytes: number) => string {
  const { language } = useTranslation('knowledge')
  return useMemo(() => {
    const formats = units.map((unit) => {
      const unitDisplay = unit === 'byte' ? 'long' : 'short'
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay, maximumSignificantDigits: 3 })
    })
    return (bytes) => {
      const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
      return formats[step]?.format(bytes / 1024 ** step) ?? String(bytes)
    }
  }, [language])
}

/** What is wrong with a file and what its owner can do, with the limits of this server where they are known. */
export function useReason(limits: KnowledgeSummary['limits'] | undefined): (code: FileErrorCode) => string {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const bytes = useBytes()
  if (!limits) return (code) => t(`reasons.${code}`)
  const values: Partial<Record<FileErrorCode, string>> = {
    too_large: t('limits.size', { size: bytes(limits.file_bytes) }),
    too_many_pages: t('limits.pages', { pages: format.number(limits.file_pages) }),
    too_much_text: t('limits.characters', { characters: format.number(limits.file_characters) }),
    too_many_files: t('limits.files', { files: format.number(limits.project_files) }),
  }
  return (code) => {
    const limit = values[code]
    return limit === undefined ? t(`reasons.${code}`) : `${t(`reasons.${code}`)} ${limit}`
  }
}
