/** The names of server data in the query cache; a parent's name is the beginning of its children's. */
export const keys = {
  projects: ['projects'] as const,
  models: ['models'] as const,
  prompts: (projectId: string) => ['prompts', projectId] as const,
  sessions: (projectId: string) => ['sessions', projectId] as const,
  /** The lists of a bot's conversations, as `SessionLists`. */
  sessionLists: (projectId: string) => ['sessions', projectId, 'lists'] as const,
  session: (projectId: string, id: string) => ['sessions', projectId, 'one', id] as const,
  /** Documents, web sources and what is made of them. */
  knowledge: (projectId: string) => ['knowledge', projectId] as const,
  image: (id: string) => ['image', id] as const,
  usage: ['usage'] as const,
  search: ['search'] as const,
}
