export * from './event-stream.ts'
export * from './http-client.ts'
