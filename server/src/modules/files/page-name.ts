import { cleanFileName } from './file-name.ts'

const extensions: Record<string, string> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/x-markdown': 'md',
  'text/csv': 'csv',
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
}

/**
 * A name for a page of the web, by which its kind of text is told: the last part of its path, or its host, with the ending
 * of its media type in place of its own.
 */
export function pageName(url: string, contentType: string): string {
  const { hostname, pathname } = new URL(url)
  const last = decoded(pathname.split('/').findLast((part) => part !== '') ?? '')
  const base = last.replace(/\.[a-z][a-z0-9]{1,4}$/i, '') || hostname
  const extension = extensions[contentType] ?? 'html'
  return cleanFileName(`${base.replaceAll(/[\\/]/g, '-')}.${extension}`)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
