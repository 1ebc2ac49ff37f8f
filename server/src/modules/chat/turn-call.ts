import { newBoundary } from '../../llm/passages/passage-block.ts'
import { withRules } from '../../llm/passages/passage-rules.ts'
import type { ChatMessage } from '../../llm/provider.ts'
import type { ModelChoice, ModelRegistry } from '../../llm/registry.ts'
import type { Scope } from '../../platform/scope.ts'
import { fitToWindow, type Prompt, type TokenEstimator } from './context-window.ts'
import type { AnswerGrounds, GroundsWanted } from './documents/answer-grounds.ts'
import { type Grounds, groundedPrompt, passagesThatFit } from './documents/grounded-prompt.ts'
import type { History } from './history-cache.ts'
import type { RunCall } from './model-answer.ts'
import { type ImagesByDepth, tokensOfImage } from './shown-images.ts'
import { explainRefusal, illustrated, type TurnImages } from './turn-images.ts'
import type { BegunTurn } from './turn-start.ts'

interface Deps {
  models: Pick<ModelRegistry, 'contextWindowOf' | 'prices' | 'resolve'>
  estimator: TokenEstimator
  grounds: AnswerGrounds
  images: TurnImages
  /** The instance's defaults for projects that set none. */
  defaults: { temperature: number; maxTokens: number; historyTokens: number }
}

/** What a turn asks. */
export interface TurnQuestion {
  history: History
  /** What the model gets last. */
  messages: ChatMessage[]
  /** What is looked for in documents. */
  text: string
  /** The answer that is carried on, where it may have been given passages: they belong to this one too. */
  carriesOn: string | null
}

export type TurnCalls = ReturnType<typeof createTurnCalls>

/** Makes the model calls of turns: who is asked, with what, and what has to be found out before. */
export function createTurnCalls({ models, estimator, grounds: finder, images, defaults }: Deps) {
  return {
    of(scope: Scope, begun: BegunTurn, question: TurnQuestion): RunCall {
      const prompt: Prompt = { system: begun.system_prompt, history: question.history, question: question.messages }
      const temperature = begun.temperature ?? defaults.temperature
      const maxTokens = begun.max_tokens ?? defaults.maxTokens
      const chain = [{ provider: begun.provider, model: begun.model }, ...begun.fallbacks]
      const limitsOf = (provider: string, model: string) => ({
        contextWindow: models.contextWindowOf(provider, model),
        maxTokens,
        historyTokens: defaults.historyTokens,
      })
      let grounds: Grounds | null = groundsWithoutDocuments(begun)
      let shown: ImagesByDepth | null = null
      let characters = 0
      let imageCount = 0
      const call: RunCall = {
        account: accountOf(scope, begun),
        chain,
        request: ({ provider, model }) => {
          const tokensOf = (count: number) => estimator.tokensOf(model, count)
          const limits = limitsOf(provider, model)
          const seen = illustrated(prompt, shown)
          const whole = grounds === null ? seen : groundedPrompt(seen, grounds, limits, tokensOf)
          const messages = fitToWindow(whole, limits, tokensOf)
          characters = messages.reduce((sum, { content }) => sum + content.length, 0)
          imageCount = shown === null ? 0 : messages.reduce((sum, { images = [] }) => sum + images.length, 0)
          return { messages, temperature, maxTokens }
        },
        costOf: (called) => models.prices.costOf(called),
        counted: (model, { promptTokens }) => {
          if (promptTokens !== null && imageCount === 0) estimator.learn(model, characters, promptTokens)
        },
        estimate: (model, length) => ({
          promptTokens: estimator.tokensOf(model, characters) + imageCount * tokensOfImage,
          completionTokens: estimator.tokensOf(model, length),
        }),
        explain: (error) => explainRefusal(error, imageCount),
      }
      const { images: path = null, documents, grounding } = begun
      const isGrounded = documents || question.carriesOn !== null
      if (!isGrounded && path === null) return call
      const wanted = wantedOf(scope, begun, question, call, async (found) => {
        const target = await firstTarget(chain[0])
        if (target === null) return found.passages.length
        const { provider, model } = target
        const ruled = { ...illustrated(prompt, shown), system: withRules(prompt.system, grounding) }
        return passagesThatFit(ruled, found, limitsOf(provider, model), (count) => estimator.tokensOf(model, count))
      })
      return {
        ...call,
        async prepare(run) {
          if (path !== null) shown = await images.read(path, run.controller.signal)
          if (!isGrounded) return run.prepared([])
          const found = await finder.find(run, wanted)
          if (documents || grounding !== 'open') grounds = found
        },
      }
    },
  }

  function wantedOf(
    scope: Scope,
    begun: BegunTurn,
    question: TurnQuestion,
    { chain, costOf }: RunCall,
    countThatFits: GroundsWanted['countThatFits'],
  ): GroundsWanted {
    const { text, history, carriesOn } = question
    const { tokensOf } = estimator
    return {
      scope,
      projectId: begun.project_id,
      grounding: begun.grounding,
      asked: { question: text, history, chain, costOf, tokensOf },
      carriesOn,
      countThatFits,
    }
  }

  /** Who will most likely answer; null where nobody can. */
  async function firstTarget(choice: ModelChoice | undefined): Promise<{ provider: string; model: string } | null> {
    try {
      const { provider, model } = models.resolve(choice ?? { provider: null, model: null })
      return { provider: provider.id, model: await model }
    } catch {
      return null
    }
  }
}

/** A project whose answers must come from documents, and that has none, still gets the rules. */
function groundsWithoutDocuments({ grounding, documents }: BegunTurn): Grounds | null {
  return grounding === 'open' || documents ? null : { grounding, passages: [], boundary: newBoundary() }
}

function accountOf({ userId }: Scope, begun: BegunTurn) {
  const { project_id: projectId, project_name: projectName, session_id: sessionId } = begun
  return { userId, projectId, projectName, sessionId }
}
