#!/usr/bin/env bash
# A throw-away Docker engine with the base images that this repository's Dockerfiles name, for
# machines where no registry can be reached (Debian, as root). docs/image.md tells when and how.
#
#   test/support/docker-engine.sh start FOLDER   prints the "export" lines that make it the engine to use
#   test/support/docker-engine.sh stop FOLDER    ends it and removes the folder
set -euo pipefail

usage() {
  sed -n '5,6s/^#  *//p' "$0" >&2
  exit 64
}

start() {
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  export DOCKER_HOST="unix://$folder/docker.sock"
  if ! docker version >/dev/null 2>&1; then
    engine
  fi
  docker image inspect debian:bookworm-slim >/dev/null 2>&1 || debian
  docker image inspect node:24-slim >/dev/null 2>&1 || node
  echo "export DOCKER_HOST=$DOCKER_HOST"
  # testcontainers: its helper image cannot be pulled, and the ports are published on this host.
  echo "export TESTCONTAINERS_RYUK_DISABLED=true"
  echo "export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1"
}

# Without the start of a system service (invoke-rc.d(8)).
install() {
  local policy=/usr/sbin/policy-rc.d ours=
  echo "Installing $1" >&2
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    ours=1
  fi
  export DEBIAN_FRONTEND=noninteractive
  local status=0
  apt-get install -y --no-install-recommends "$1" >&2 ||
    { apt-get update && apt-get install -y --no-install-recommends "$1"; } >&2 || status=$?
  [ -z "$ours" ] || rm "$policy"
  return "$status"
}

engine() {
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    install docker.io
  fi
  dockerd --data-root "$folder/data" --exec-root "$folder/exec" --host "$DOCKER_HOST" \
    --pidfile "$folder/dockerd.pid" >"$folder/dockerd.log" 2>&1 </dev/null &
  disown
  for _ in $(seq 100); do
    if docker version >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  echo "dockerd did not start; see $folder/dockerd.log" >&2
  exit 1
}

# debian:bookworm-slim from the Debian archive.
debian() {
  if ! command -v debootstrap >/dev/null; then
    install debootstrap
  fi
  echo "Making debian:bookworm-slim" >&2
  debootstrap --variant=minbase --include=ca-certificates bookworm "$folder/rootfs" >&2
  tar -C "$folder/rootfs" -c . | docker import - debian:bookworm-slim >&2
  rm -rf "$folder/rootfs"
}

# node:24-slim: the same with the node binary of this repository's own devDependency, and npm.
node() {
  local root modules npm
  root=$(cd "$(dirname "$0")/../.." && pwd)
  modules=$root/node_modules
  npm=$(dirname "$(dirname "$(realpath "$(command -v npm)")")")
  echo "Making node:24-slim" >&2
  mkdir -p "$folder/node"
  cp "$modules/node/bin/node" "$folder/node/node"
  cp -r "$npm" "$folder/node/npm"
  # In a network with a certificate authority of its own, npm trusts in the image what it trusts here.
  cp /etc/ssl/certs/ca-certificates.crt "$folder/node/ca-certificates.crt"
  cat >"$folder/node/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
  && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
  && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
CMD ["node"]
DOCKERFILE
  docker build --tag node:24-slim "$folder/node" >&2
  rm -rf "$folder/node"
}

stop() {
  if [ -f "$folder/dockerd.pid" ]; then
    local pid
    pid=$(cat "$folder/dockerd.pid")
    kill "$pid"
    # It removes that file at its end; its id stays, where nobody asks for the exit code.
    while [ -e "$folder/dockerd.pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
    # What containers on the host's network leave behind.
    umount "$folder"/exec/netns/* 2>/dev/null || true
  fi
  rm -rf "$folder"
}

[ $# -eq 2 ] || usage
folder=$2
case $1 in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
