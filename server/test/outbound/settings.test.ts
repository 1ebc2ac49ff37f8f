import { expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { createAddressPolicy } from '../../src/platform/outbound/address-policy.ts'

const outboundOf = (env: Record<string, string>) => loadConfig(env, null).outbound

test('without settings nothing but ports 80 and 443 of public addresses is open', () => {
  const { allow, ports } = outboundOf({})
  expect([allow.ranges, [...allow.hosts], ports]).toEqual([
    [],
    [],
    [
      [80, 80],
      [443, 443],
    ],
  ])
})

test('OUTBOUND_ALLOW opens addresses, ranges and names', () => {
  const { mayReach } = createAddressPolicy(outboundOf({ OUTBOUND_ALLOW: '10.20.0.0/16, ::1, Wiki.internal' }).allow)
  expect([mayReach('10.20.3.4', 'a'), mayReach('::1', 'a'), mayReach('192.168.0.1', 'wiki.internal')]).toEqual([
    true,
    true,
    true,
  ])
  expect([mayReach('10.21.0.1', 'a'), mayReach('192.168.0.1', 'a')]).toEqual([false, false])
})

test('OUTBOUND_PORTS takes ports and ranges', () => {
  expect(outboundOf({ OUTBOUND_PORTS: '443, 8080,9000-9100' }).ports).toEqual([
    [443, 443],
    [8080, 8080],
    [9000, 9100],
  ])
})

test.each([
  ['OUTBOUND_ALLOW', 'http://wiki.internal'],
  ['OUTBOUND_ALLOW', 'wiki.internal:8080'],
  ['OUTBOUND_ALLOW', '10.0.0.0/64'],
  ['OUTBOUND_ALLOW', '*.internal'],
  ['OUTBOUND_PORTS', '22'],
  ['OUTBOUND_PORTS', '80-443'],
  ['OUTBOUND_PORTS', '9000-8000'],
  ['OUTBOUND_PORTS', '70000'],
  ['OUTBOUND_PORTS', '80,'],
])('%s=%s is refused', (name, value) => {
  expect(() => outboundOf({ [name]: value })).toThrow(ConfigError)
})
