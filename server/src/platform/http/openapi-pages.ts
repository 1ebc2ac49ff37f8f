/** A page of HTML with the Content-Security-Policy it needs and no more. */
interface Page {
  path: string
  html: string
  policy: string
}

const basePolicy = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'connect-src': "'self'",
  'script-src': "'self'",
}

/** Swagger UI. Its style sheet holds its icons as data URLs. */
export const swaggerPage: Page = {
  path: '/docs',
  policy: policy({ 'style-src': "'self'", 'img-src': "'self' data:" }),
  html: page(
    'Chatbot Platform: API',
    '<link rel="stylesheet" href="/docs/swagger-ui.css">',
    `<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>`,
  ),
}

/** Starts Swagger UI: no badge of an outside validator, no stored tokens. */
export const swaggerStart = `SwaggerUIBundle({
  dom_id: '#swagger-ui',
  url: '/openapi.json',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
})
`

/**
 * ReDoc. It makes its styles at run time, and reports usage to its maker unless told not to. Its maker's logo would come
 * from another server, which the policy forbids: the name stands there instead.
 */
export const redocPage: Page = {
  path: '/redoc',
  policy: policy({ 'style-src': "'self' 'unsafe-inline'", 'img-src': "'self' data:", 'font-src': 'data:' }),
  html: page(
    'Chatbot Platform: API reference',
    `<style>
body { margin: 0 }
a[href="https://redocly.com/redoc/"] img { display: none }
a[href="https://redocly.com/redoc/"] p::after { content: ' ReDoc' }
</style>`,
    `<redoc spec-url="/openapi.json" disable-telemetry="true"></redoc>
<script type="module" src="/redoc/redoc.standalone.js"></script>`,
  ),
}

function policy(more: Record<string, string>): string {
  return Object.entries({ ...basePolicy, ...more })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ')
}

function page(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
${head}
</head>
<body>
${body}
</body>
</html>
`
}
