/** What may be stored, and what reading one document may take. */
export interface FileLimits {
  fileBytes: number
  filePages: number
  /** Length of a document's text in UTF-16 units. */
  fileCharacters: number
  projectBytes: number
  projectFiles: number
  workspaceBytes: number
}

/** What is stored already. */
export interface FileUsage {
  projectBytes: number
  projectFiles: number
  workspaceBytes: number
}

/** So many bytes still fit in; below zero where a limit has been lowered. */
export function roomOf(limits: FileLimits, usage: FileUsage): number {
  return Math.min(limits.projectBytes - usage.projectBytes, limits.workspaceBytes - usage.workspaceBytes)
}

/** Bytes as people read them. */
export function inWords(bytes: number): string {
  const mebibytes = bytes / 1_048_576
  return mebibytes < 1024 ? `${Math.round(mebibytes)} MB` : `${Math.round(mebibytes / 102.4) / 10} GB`
}
