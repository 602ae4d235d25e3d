# One image for every role: docker build -t sedax . && docker run sedax start --role match
ARG NODE_IMAGE=node:22.22.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Native parts (lmdb, msgpackr) come as ready-made binaries: nothing is compiled, no script is run.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
# As npm start does: what is in flight stays in the young generation (docs/decisions/0030-batches.md).
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=64 \
    SEDAX_DATA_DIR=/data \
    SEDAX_SECRETS_KEY_FILE=/keys/secrets.key \
    SEDAX_HTTP_HOST=0.0.0.0 \
    SEDAX_HTTP_PORT=3001 \
    SEDAX_LOG_FORMAT=json
WORKDIR /app
# npm and yarn have nothing to do here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
    && install -d -o node -g node -m 0700 /data /keys
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY bin bin
COPY config config
USER node
# The keys that seal API secrets are not in /data, so that a copy of that gives none away. Both outlive the container:
# docker run -v sedax-data:/data -v sedax-keys:/keys sedax
VOLUME ["/data", "/keys"]
EXPOSE 3001
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["node", "bin/health.js"]
ENTRYPOINT ["node", "bin/sedax.js"]
CMD ["start"]
