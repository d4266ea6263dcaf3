# Postern in a container; docs/operations.md says how to run it.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

# Without the development packages. One of them is `node` itself: in the image its own Node runs instead.
FROM node:24-bookworm-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
# The user has a fixed number, so that the files on a mounted volume can be given to it.
RUN groupadd --gid 10001 postern \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin postern \
 && install -d -m 0750 -o 10001 -g 10001 /var/lib/postern \
 && install -d -m 0700 -o 10001 -g 10001 /var/lib/postern/certs \
 && install -d -m 0755 /etc/postern
WORKDIR /opt/postern
# The program reads its version from the package.json above dist/, and its packages from beside it.
COPY LICENSE package.json ./
COPY --from=packages /packages/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY policies /etc/postern/policies
# On every address, since 127.0.0.1 would be the container alone. The published port says who reaches it, and a client
# that is in no department is blocked.
RUN printf '%s\n' \
  'listen:' \
  '  - { host: 0.0.0.0, port: 3128 }' \
  'policies: /etc/postern/policies' \
  'certs: /var/lib/postern/certs' \
  'state: /var/lib/postern' \
  > /etc/postern/postern.yaml

USER 10001:10001
EXPOSE 3128
VOLUME ["/etc/postern", "/var/lib/postern"]
STOPSIGNAL SIGTERM
# The file is named outright: a mounted /etc/postern that lacks it is an error, not a proxy that runs on defaults.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "/opt/postern/dist/main.js", "status", "--config", "/etc/postern/postern.yaml"]
ENTRYPOINT ["node", "/opt/postern/dist/main.js"]
CMD ["serve", "--config", "/etc/postern/postern.yaml"]
