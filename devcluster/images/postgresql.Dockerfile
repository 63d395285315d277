# PostgreSQL of Debian 13, with the user of the official image, which no test here can pull.
ARG BASE=python:3.13-slim-trixie
FROM ${BASE}
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && groupadd --system --gid 999 postgres \
 && useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql postgres \
 && apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends postgresql-17 > /dev/null \
 && rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists /var/cache/apt /var/log/* /var/lib/postgresql/17
USER 999:999
EXPOSE 5432
# Fast shutdown: the default waits for all clients to leave.
STOPSIGNAL SIGINT
CMD ["/usr/lib/postgresql/17/bin/postgres"]
