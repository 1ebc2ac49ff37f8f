// Runs in the page before its own scripts, and tells what a person would feel: frames, long tasks, keys that lag.
// Durations are milliseconds.
;(() => {
  let frames = []
  let longTasks = []
  let keys = []
  let clickedAt = 0
  let lastFrameAt = 0

  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(duration)
  }).observe({ type: 'longtask', buffered: true })

  // Of an event the browser tells the time until its result was painted, unless that took less than 16 ms.
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === 'keydown') keys.push(duration)
  }).observe({ type: 'event', durationThreshold: 16 })

  addEventListener(
    'click',
    ({ timeStamp }) => {
      clickedAt = timeStamp
    },
    true,
  )

  const frame = (at) => {
    if (lastFrameAt > 0) frames.push(at - lastFrameAt)
    lastFrameAt = at
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)

  globalThis.probe = {
    /** Forgets everything so far. */
    start() {
      frames = []
      longTasks = []
      keys = []
    },
    /** What happened since. */
    end: () => ({ frames, longTasks, keys }),
    /** From the last click, or without one from the beginning of the load, until this text stands in the conversation. */
    seen(text) {
      return new Promise((resolve) => {
        const look = () => {
          const log = document.querySelector('[role="log"]')
          if (log?.textContent.includes(text)) requestAnimationFrame((at) => resolve(at - clickedAt))
          else requestAnimationFrame(look)
        }
        look()
      })
    },
    firstPaint: () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  }
})()
