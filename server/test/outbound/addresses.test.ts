import { describe, expect, test } from 'vitest'
import { createAddressPolicy } from '../../src/platform/outbound/address-policy.ts'
import { parseAllowList } from '../../src/platform/outbound/allow-list.ts'
import { createRandom } from '../../torture/random.ts'
import { privateAddress, spelling } from './address-spellings.ts'
import { fetchAllowing, refusalOf, serve } from './loopback.ts'

const publicOnly = createAddressPolicy(parseAllowList([]))

/** A name server that must not be asked, and would answer with a public address. */
const unasked = () => Promise.reject(new Error('a name server was asked about an address'))

describe('a private address is refused', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://127.1/',
    'http://0x7f.0.0x0.01/',
    'http://127.0.0.1./',
    'http://%31%32%37.0.0.1/',
    'http://１２７。０．０｡１/',
    'http://①②⑦.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'ht\ntp://127.0.\t0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://[fd00:ec2::254]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
  ])('spelled %j', async (url) => {
    expect((await refusalOf(fetchAllowing([], unasked)(url))).code).toBe('blocked_address')
  })

  test('in any of 5,000 random spellings, and no name server is asked', async () => {
    const random = createRandom(20_261_123)
    const fetch = fetchAllowing([], unasked)
    for (let round = 0; round < 5000; round += 1) {
      const url = `http://${spelling(random, privateAddress(random))}/`
      const { code } = await refusalOf(fetch(url))
      if (code !== 'blocked_address') expect.unreachable(`${url} was answered with ${code}`)
    }
  })

  test.each(['localhost', 'localhost.', 'LOCALHOST', 'app.localhost', 'metadata.google.internal'])(
    'behind the name %s',
    async (name) => {
      const fetch = fetchAllowing([], () => Promise.resolve(['127.0.0.1']))
      expect((await refusalOf(fetch(`http://${name}/`))).code).toBe('blocked_address')
    },
  )

  test.each([
    [['93.184.216.34', '10.0.0.1']],
    [['2606:4700::1', '::ffff:192.168.0.1']],
    [['93.184.216.34', 'fe80::1%lo']],
    [['93.184.216.34', '0x7f000001']],
  ])('as one of several: %j', async (addresses) => {
    const fetch = fetchAllowing([], () => Promise.resolve(addresses))
    const refusal = await refusalOf(fetch('http://mixed.example/'))
    expect(refusal.code).toBe('blocked_address')
    expect(refusal.message).not.toMatch(/\d/)
  })
})

test('public addresses are open', () => {
  const open = ['8.8.8.8', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1']
  const disguised = ['::ffff:8.8.8.8', '64:ff9b::808:808']
  for (const address of [...open, ...disguised])
    expect([address, publicOnly.mayReach(address, address)]).toEqual([address, true])
})

test('first and last address of every special IPv4 range are closed, their neighbours open', () => {
  const closed = ['10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '172.16.0.0', '172.31.255.255']
  const more = ['192.168.255.255', '198.18.0.0', '198.19.255.255', '224.0.0.0', '239.255.255.255', '255.255.255.255']
  const neighbours = ['9.255.255.255', '11.0.0.0', '100.63.255.255', '172.15.255.255', '198.20.0.0', '223.255.255.255']
  for (const address of [...closed, ...more])
    expect([address, publicOnly.mayReach(address, '')]).toEqual([address, false])
  for (const address of neighbours) expect([address, publicOnly.mayReach(address, '')]).toEqual([address, true])
})

describe('what the operator opens', () => {
  test('is an address, a range, or a host with whatever it resolves to', () => {
    const policy = createAddressPolicy(parseAllowList(['10.1.0.0/16', '::1', 'Wiki.internal']))
    const asked = ['10.1.2.3', '10.2.0.1', '::1', '::ffff:10.1.2.3', '127.0.0.1'].map((a) =>
      policy.mayReach(a, 'other'),
    )
    expect(asked).toEqual([true, false, true, true, false])
    expect([
      policy.mayReach('192.168.3.4', 'wiki.internal'),
      policy.mayReach('192.168.3.4', 'a.wiki.internal'),
    ]).toEqual([true, false])
  })

  test('never includes the credentials of a cloud', () => {
    const policy = createAddressPolicy(parseAllowList(['0.0.0.0/0', '::/0', '169.254.169.254', 'metadata']))
    const addresses = ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '168.63.129.16', 'fe80::a9fe:a9fe']
    expect(addresses.filter((address) => policy.mayReach(address, 'metadata'))).toEqual([])
  })

  test('is refused where it is neither address, range nor name', () => {
    for (const entry of ['10.0.0.0/33', 'http://a', 'a:80', '10.0.0.1/8/8', '0x7f.1', '*.a', '::1%lo', 'a b', '-'])
      expect(() => parseAllowList([entry])).toThrow(entry)
  })
})

describe('a name that changes its address', () => {
  test('is connected to at the address that was checked: it is asked for once', async () => {
    const origin = await serve((_request, response) => response.end('checked'))
    const answers = [['127.0.0.1'], ['127.0.0.2'], ['10.0.0.1']]
    const fetch = fetchAllowing(['127.0.0.1'], () => Promise.resolve(answers.shift() ?? []))
    const { body } = await fetch(origin.replace('127.0.0.1', 'rebinding.example'))
    expect([body.toString(), answers.length]).toEqual(['checked', 2])
  })

  test('is checked anew for each request, also for the next hop of a redirect', async () => {
    const origin = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end())
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    const fetch = fetchAllowing(['127.0.0.1'], () => Promise.resolve(answers.shift() ?? []))
    const refusal = await refusalOf(fetch(origin.replace('127.0.0.1', 'rebinding.example'), { redirects: 5 }))
    expect([refusal.code, answers.length]).toEqual(['blocked_address', 0])
  })
})
