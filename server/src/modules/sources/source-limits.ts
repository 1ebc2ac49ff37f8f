/** What may be read from the web. */
export interface SourceLimits {
  /** Sources of a project. */
  perProject: number
  /** Pages of a source. */
  pages: number
}

/** Readings of a workspace at once, so that one tenant's sources keep nobody else's waiting for long. */
export const crawlsPerWorkspace = 2
