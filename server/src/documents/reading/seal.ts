import { registerHooks } from 'node:module'

/** Modules that reach beyond the process. Node's permission model covers files, processes and threads, but not the network. */
const closed = new Set(
  [
    'net',
    'tls',
    'http',
    'https',
    'http2',
    'dgram',
    'dns',
    'dns/promises',
    'quic',
    'child_process',
    'cluster',
    'worker_threads',
    'inspector',
    'repl',
    'vm',
    'wasi',
  ].map((name) => `node:${name}`),
)

const closedGlobals = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'WebAssembly'] as const

/**
 * Takes the ways out of this process away: from here on no module that connects, listens or starts anything can be loaded,
 * and the globals that do so are gone. Called before any parser is loaded; irrevocable.
 */
export function sealProcess() {
  for (const name of closedGlobals) Reflect.deleteProperty(globalThis, name)
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context)
      if (closed.has(resolved.url)) throw new Error(`${resolved.url} is closed to document readers`)
      return resolved
    },
  })
  Object.defineProperty(process, 'getBuiltinModule', { value: () => undefined })
}
