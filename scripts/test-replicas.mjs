// `npm run test:replicas [-- vitest arguments]`: the tests of the API with three servers behind nginx.
process.env.TEST_REPLICAS ||= '3'
await import('./test.mjs')
