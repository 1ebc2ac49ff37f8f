import robotsParser from 'robots-parser'
import { OutboundError } from '../../platform/outbound/outbound-error.ts'
import { type PoliteFetch, userAgent } from './polite-fetch.ts'
import { type PageReason, reasonOf } from './web-source.ts'

/** What the robots.txt of one origin says. */
export interface Robots {
  /** Why this URL of the origin must not be read; undefined where it may. */
  refusal(url: string): PageReason | undefined
  /** What the site wants between two requests; 0 where it does not say. */
  pauseMs: number
}

/** RFC 9309 §2.5: at least 500 KiB have to be understood. */
const largestRobotsBytes = 512 * 1024
const longestPauseMs = 10_000
/** Both keep the event loop free: of reading rules, and of comparing them with a URL (some 10 ns for each step). */
const mostRules = 10_000
const mostSteps = 5_000_000

// A CommonJS module: what is imported is the function itself, though its types speak of a member.
const parse = robotsParser as unknown as typeof robotsParser.default

/** The rules of the origins of a crawl; each robots.txt is asked for once. */
export function createRobots(fetch: PoliteFetch, signal: AbortSignal): (url: string) => Promise<Robots> {
  const known = new Map<string, Promise<Robots>>()
  return (url) => {
    const origin = URL.parse(url)?.origin ?? ''
    const robots = known.get(origin) ?? readRobots(fetch, origin, signal)
    known.set(origin, robots)
    return robots
  }
}

/** RFC 9309 §2.3.1: a site without a robots.txt (4xx) may be read, one whose robots.txt fails (5xx, silence) may not. */
async function readRobots(fetch: PoliteFetch, origin: string, signal: AbortSignal): Promise<Robots> {
  const url = `${origin}/robots.txt`
  const limits = { maxBytes: largestRobotsBytes, timeoutMs: 15_000, redirects: 5, signal }
  try {
    const { body } = await fetch(url, { ...limits, accept: ['*/*'] })
    return parseRobots(url, body.toString())
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    if (error.code === 'redirect_limit' || isAbsent(error.status)) return { refusal: () => undefined, pauseMs: 0 }
    const isOfRobots = error.code === 'http_status' || error.code === 'too_large'
    const reason = isOfRobots ? reasonOf('robots_unavailable') : { code: error.code, text: error.message }
    return { refusal: () => reason, pauseMs: 0 }
  }
}

function parseRobots(url: string, text: string): Robots {
  const rules = text.split(/[\r\n]/).filter((line) => /^\s*(dis)?allow\s*:/i.test(line))
  if (rules.length > mostRules) return { refusal: () => reasonOf('robots_unavailable'), pauseMs: 0 }
  const robots = parse(url, text)
  const stepsPerCharacter = rules.length + rules.filter((line) => line.includes('*')).join('').length
  const refusal = (page: string) => {
    if (stepsPerCharacter * page.length > mostSteps) return reasonOf('robots_unavailable')
    return robots.isAllowed(page, userAgent) === false ? reasonOf('robots') : undefined
  }
  return { refusal, pauseMs: Math.min(Math.max(0, (robots.getCrawlDelay(userAgent) ?? 0) * 1000), longestPauseMs) }
}

function isAbsent(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status <= 499 && status !== 429
}
