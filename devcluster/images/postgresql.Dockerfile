# PostgreSQL of Debian 13, with the user of the official image, which no test here can pull. Its
# just-in-time compiler is optional and large.
ARG BASE=python:3.13-slim-trixie
FROM ${BASE}
# Unpacked and not configured: a certificate and a database are not wanted, and /etc/ssl may be read-only.
RUN groupadd --system --gid 999 postgres \
 && useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql postgres \
 && apt-get -qq update \
 && apt-get -qq install --download-only --yes --no-install-recommends postgresql-17 > /dev/null \
 && dpkg --unpack /var/cache/apt/archives/*.deb > /dev/null \
 && rm -f /usr/lib/*/libLLVM* /usr/lib/postgresql/17/lib/llvmjit* \
 && ldconfig \
 && rm -rf /var/lib/apt/lists /var/cache/apt /var/log/*
USER 999:999
EXPOSE 5432
# Fast shutdown: the default waits for all clients to leave.
STOPSIGNAL SIGINT
CMD ["/usr/lib/postgresql/17/bin/postgres"]
