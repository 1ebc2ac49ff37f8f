import { AsyncResource } from 'node:async_hooks'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { whenClosed } from '../http/when-closed.ts'
import type { EarlyRefusals } from './early-refusals.ts'
import type { TurnGate } from './turn-gate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Gives the place of a turn that has begun back; what never begins gives it back with its answer. */
    leaveGate: (() => void) | null
  }
}

/**
 * Puts the gate before the routes that ask a model: those whose answer may be a stream and that change something. They
 * are what a crowd is made of, and each of them is two commits, a call and memory.
 *
 * Everything else passes. Reading along, polling and cancelling belong to turns that were accepted and bring them to an end
 * sooner; health and metrics have to tell how things stand; lists and changes are one short statement each, which the
 * pool of connections keeps in line; signing in has a queue of its own, as have documents. To be called before the routes.
 */
export function gateTurns(app: FastifyInstance, gate: TurnGate, early: Pick<EarlyRefusals, 'paths'>): void {
  app.decorateRequest('leaveGate', null)
  app.addHook('onRoute', (route) => {
    if (route.method !== 'POST' || route.config?.streams !== true) return
    if (!route.url.includes(':')) early.paths.add(route.url)
    // First of the route's own, before headers are made for an answer that there will not be.
    route.onRequest = [checkGate, ...[route.onRequest ?? []].flat()]
    route.preHandler = [...[route.preHandler ?? []].flat(), enterGate]
  })

  /** Refuses before the body is read, when that costs least. Comes after the sign-in and the limits. */
  function checkGate({ scope }: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
    try {
      if (scope) gate.check(scope.workspaceId)
      done()
    } catch (error) {
      done(error as Error)
    }
  }

  /** A place is taken by a request that is whole and valid: one that trickles in must not hold it. */
  function enterGate(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    try {
      if (request.scope === null || enter(request, reply, request.scope.workspaceId, done)) done()
    } catch (error) {
      done(error as Error)
    }
  }

  /** Whether it is in at once; else `done` is called when its turn has come. */
  function enter(request: FastifyRequest, reply: FastifyReply, workspaceId: string, done: () => void): boolean {
    const visit = gate.enter(workspaceId)
    request.leaveGate = () => gate.leave(visit)
    whenClosed(reply.raw, request.leaveGate)
    // Called from the end of somebody else's turn, whose trace this is not.
    if (visit.state === 'waiting') visit.granted = AsyncResource.bind(() => done())
    return visit.state === 'in'
  }
}
