// Loaded with `--import`: packages for monitoring are not there, as in an installation that never asked for them.
import { registerHooks } from 'node:module'

const absent = /^(@opentelemetry|@sentry|prom-client)(\/|$)/

registerHooks({
  resolve(specifier, context, next) {
    if (!absent.test(specifier)) return next(specifier, context)
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' })
  },
})
