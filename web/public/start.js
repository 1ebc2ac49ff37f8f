// Runs before the first paint, so that a chosen theme or language never flashes the other one.
;(() => {
  try {
    const theme = localStorage.getItem('theme')
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
    const language = localStorage.getItem('language') ?? navigator.language.slice(0, 2)
    if (language === 'ar') document.documentElement.dir = 'rtl'
  } catch {
    // Storage can be switched off; the system's theme is right then.
  }
})()
