# A machine with systemd and Node, for test/deploy/systemd.test.ts.
FROM node:24-slim
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    systemd systemd-sysv procps \
  && rm -rf /var/lib/apt/lists/* \
  && ln -s /usr/local/bin/node /usr/bin/node
STOPSIGNAL SIGRTMIN+3
# On a machine mounts are shared, in a container they are not; credentials are a mount.
CMD ["/bin/sh", "-c", "mount --make-rshared / && exec /sbin/init"]
