# RabbitMQ of Debian 13, with the user and the paths of the official image, which no test here can pull.
ARG BASE=python:3.13-slim-trixie
FROM ${BASE}
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && groupadd --system --gid 999 rabbitmq \
 && useradd --system --uid 999 --gid rabbitmq --home-dir /var/lib/rabbitmq rabbitmq \
 && apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends rabbitmq-server > /dev/null \
 && rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists /var/cache/apt /var/log/* /etc/rabbitmq/* \
 && install -d -o rabbitmq -g rabbitmq /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq
# The scripts themselves: what Debian puts on the path in their place accepts no user but two.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH HOME=/var/lib/rabbitmq LANG=C.UTF-8
USER 999:999
EXPOSE 5672 15672 15692 25672 4369
CMD ["rabbitmq-server"]
