import { type Budget, type BudgetPatch, contract } from '@chatbot-platform/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useClient } from '../../lib/account.tsx'
import { keys } from '../../lib/queries/keys.ts'

/** What a budget is of: a bot, by its id, or the workspace where that is null. */
export type BudgetSubject = string | null

/** Answers use a budget up at any time, and not only those of this page. */
const lookAgainMs = 15_000

/** The limits of a subject and what its day and month have seen. */
export function useBudget(subject: BudgetSubject) {
  const client = useClient()
  return useQuery({
    queryKey: keyOf(subject),
    queryFn: ({ signal }) =>
      subject === null
        ? client.call(contract.budgets.workspace, { signal })
        : client.call(contract.budgets.project, { params: { project_id: subject }, signal }),
    staleTime: 0,
    refetchInterval: lookAgainMs,
  })
}

/** Changes the given limits. Refused with `forbidden` for anybody but the owner of the workspace. */
export function useSetBudget(subject: BudgetSubject) {
  const client = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: BudgetPatch) =>
      subject === null
        ? client.call(contract.budgets.setWorkspace, { body })
        : client.call(contract.budgets.setProject, { params: { project_id: subject }, body }),
    async onSuccess(budget) {
      // What was read before the change must not come after it.
      await queries.cancelQueries({ queryKey: keyOf(subject) })
      queries.setQueryData<Budget>(keyOf(subject), budget)
    },
  })
}

function keyOf(subject: BudgetSubject) {
  return [...keys.usage, 'budget', subject] as const
}
