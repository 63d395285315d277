# Valkey of Debian 13, with the user and the folder of the official image, which no test here can pull.
ARG BASE=python:3.13-slim-trixie
FROM ${BASE}
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && groupadd --system --gid 999 valkey \
 && useradd --system --uid 999 --gid valkey --home-dir /data valkey \
 && apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends valkey-server > /dev/null \
 && rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists /var/cache/apt /var/log/* \
 && install -d -o valkey -g valkey /data
WORKDIR /data
USER 999:999
EXPOSE 6379
CMD ["valkey-server"]
