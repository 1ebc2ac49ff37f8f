import { contract } from '@chatbot-platform/contract'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { FeedbackService } from './feedback.service.ts'

export function feedbackRoutes(app: App, feedback: FeedbackService): void {
  route(app, contract.feedback.set, ({ scope, params, body, claim }) =>
    feedback.set(scope, params.message_id, body, claim),
  )
  route(app, contract.feedback.remove, async ({ scope, params }) => {
    await feedback.remove(scope, params.message_id)
    return undefined
  })
}
