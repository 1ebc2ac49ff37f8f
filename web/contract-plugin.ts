import { fileURLToPath } from 'node:url'
import {
  attachmentLimits,
  contract,
  errorStatus,
  maxUsageRows,
  pageLimit,
  StreamEvent,
  usageRange,
} from '@chatbot-platform/contract'
import type { Plugin } from 'vite'

const packageName = '@chatbot-platform/contract'
const moduleId = `\0${packageName}`

/**
 * Gives the page the contract without its schemas: where each endpoint is and how its body is sent. The page trusts the
 * server it came from, which checks what goes either way; zod would be a sixth of the page's code, and compiles its checks
 * at run time, which the page's policy forbids.
 */
export function contractWithoutSchemas(): Plugin {
  return {
    name: 'contract-without-schemas',
    enforce: 'pre',
    resolveId: (source) => (source === packageName ? moduleId : null),
    load: (id) => (id === moduleId ? moduleText() : null),
  }
}

/** What is left of a schema that the client parses with: is it one of ours at all, and if so, as it is. */
function moduleText(): string {
  const endpoints = fileURLToPath(new URL('../contract/src/endpoint.ts', import.meta.url))
  const eventNames = StreamEvent.options.map(({ shape }) => shape.event.value)
  return `
export { fillPath } from ${JSON.stringify(endpoints)}
export const contract = ${JSON.stringify(endpointsOnly())}
export const attachmentLimits = ${JSON.stringify(attachmentLimits)}
export const errorStatus = ${JSON.stringify(errorStatus)}
export const maxUsageRows = ${JSON.stringify(maxUsageRows)}
export const pageLimit = ${JSON.stringify(pageLimit)}
export const usageRange = ${JSON.stringify(usageRange)}
const eventNames = ${JSON.stringify(eventNames)}
export const Problem = {
  safeParse: (data) => ({ success: typeof data?.code === 'string' && Object.hasOwn(errorStatus, data.code), data }),
}
export const StreamEvent = {
  safeParse: (data) => ({ success: eventNames.includes(data.event), data }),
}
`
}

function endpointsOnly() {
  return Object.fromEntries(
    Object.entries(contract).map(([resource, group]) => [
      resource,
      Object.fromEntries(
        Object.entries(group).map(([name, { method, path, ...rest }]) => [
          name,
          { method, path, ...('bodyType' in rest ? { bodyType: rest.bodyType } : {}) },
        ]),
      ),
    ]),
  )
}
