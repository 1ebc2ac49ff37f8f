/** The names of server data in the query cache; a parent's name is the beginning of its children's. */
export const keys = {
  projects: ['projects'] as const,
  models: ['models'] as const,
  prompts: (projectId: string) => ['prompts', projectId] as const,
  sessions: (projectId: string) => ['sessions', projectId] as const,
  usage: ['usage'] as const,
  search: ['search'] as const,
}
