# scim2ldap serve. docs/image.md tells how to run it.
FROM node:24-slim AS dependencies
WORKDIR /opt/scim2ldap
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

FROM node:24-slim AS build
WORKDIR /opt/scim2ldap
COPY package.json package-lock.json ./
# Without scripts: the only one that counts would bring another Node.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json

FROM node:24-slim
LABEL org.opencontainers.image.title="scim2ldap" \
  org.opencontainers.image.description="SCIM 2.0 to LDAP gateway" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
  SCIM2LDAP_HEALTH_URL=http://127.0.0.1:9090/healthz
WORKDIR /opt/scim2ldap
COPY package.json LICENSE ./
COPY mappings mappings
COPY --from=dependencies /opt/scim2ldap/node_modules node_modules
COPY --from=build /opt/scim2ldap/dist dist
# The user "node" of the base image, by number, so that "runAsNonRoot" can tell.
USER 1000:1000
EXPOSE 8443
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["node", "--eval", \
  "fetch(process.env.SCIM2LDAP_HEALTH_URL).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Without the bound V8 lets memory grow to 400 MB under load, most of it garbage (docs/performance.md).
ENTRYPOINT ["node", "--max-semi-space-size=8", "/opt/scim2ldap/dist/main.js"]
CMD ["serve", "--config", "/etc/scim2ldap/gateway.yaml"]
