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

# Node with the libraries that it loads, and nothing else: no shell, no package manager. What dpkg
# knows of them goes along, for scanners of vulnerabilities, and their licences.
FROM node:24-slim AS runtime
RUN set -eu; \
  mkdir -p /runtime/usr/local/bin /runtime/etc /runtime/var/lib/dpkg/status.d; \
  cp /usr/local/bin/node /runtime/usr/local/bin/; \
  cp -L /etc/os-release /runtime/etc/; \
  echo 'node:x:1000:1000::/:/nonexistent' > /runtime/etc/passwd; \
  echo 'node:x:1000:' > /runtime/etc/group; \
  [ ! -e /usr/local/LICENSE ] || cp /usr/local/LICENSE /runtime/usr/local/; \
  for library in $(ldd /usr/local/bin/node | grep -o '/[^ ]*'); do \
    mkdir -p "/runtime$(dirname "$library")"; \
    cp -L "$library" "/runtime$library"; \
    owner=$(dpkg -S "$library" 2> /dev/null || dpkg -S "/usr$library"); \
    package=${owner%%:*}; \
    dpkg -s "$package" > "/runtime/var/lib/dpkg/status.d/$package"; \
    mkdir -p "/runtime/usr/share/doc/$package"; \
    cp -L "/usr/share/doc/$package/copyright" "/runtime/usr/share/doc/$package/"; \
  done

FROM scratch
LABEL org.opencontainers.image.title="scim2ldap" \
  org.opencontainers.image.description="SCIM 2.0 to LDAP gateway" \
  org.opencontainers.image.licenses="MIT"
ENV PATH=/usr/local/bin \
  NODE_ENV=production \
  SCIM2LDAP_HEALTH_URL=http://127.0.0.1:9090/healthz
COPY --from=runtime /runtime /
WORKDIR /opt/scim2ldap
COPY package.json LICENSE ./
COPY mappings mappings
COPY --from=dependencies /opt/scim2ldap/node_modules node_modules
COPY --from=build /opt/scim2ldap/dist dist
# By number, so that "runAsNonRoot" can tell.
USER 1000:1000
EXPOSE 8443
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["node", "--eval", \
  "fetch(process.env.SCIM2LDAP_HEALTH_URL).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Without the bound V8 lets memory grow to 400 MB under load, most of it garbage (docs/performance.md).
ENTRYPOINT ["node", "--max-semi-space-size=8", "/opt/scim2ldap/dist/main.js"]
CMD ["serve", "--config", "/etc/scim2ldap/gateway.yaml"]
