# Three images: --target gateway, services or operator. Any Python 3.13 on Debian 13 is a base for them.
# Why it is built like this: docs/decisions/one-dockerfile.md.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
ENV UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH PYTHONHASHSEED=0 VIRTUAL_ENV=/app
WORKDIR /build
COPY requirements/build.txt ./
RUN python3 -m venv tools \
 && tools/bin/pip install --quiet --no-cache-dir --require-hashes --requirement build.txt \
 && tools/bin/uv venv --quiet --python python3 /app
ENV PATH=/build/tools/bin:$PATH

FROM build AS gateway-dependencies
COPY requirements/gateway.txt ./
RUN uv pip sync --quiet --require-hashes gateway.txt \
 && find /app/lib -type d -name tests -prune -exec rm -r {} + \
 && rm -f /app/.lock

FROM build AS services-dependencies
COPY requirements/services.txt ./
RUN uv pip sync --quiet --require-hashes services.txt \
 && find /app/lib -type d -name tests -prune -exec rm -r {} + \
 && rm -f /app/.lock

# The client for Kubernetes is 1,600 generated modules, of which kopf and we read five: the bytecode
# of the others and the calls of its synchronous half, 80 MB together, stay out.
FROM build AS operator-dependencies
COPY requirements/operator.txt ./
RUN uv pip sync --quiet --require-hashes operator.txt \
 && find /app/lib -type d -name tests -prune -exec rm -r {} + \
 && rm -f /app/.lock \
 && cd /app/lib/python3*/site-packages/kubernetes \
 && rm -r client/api client/models/__pycache__ aio/client/*/__pycache__ \
 && /app/bin/python -B -c 'import kopf, kubernetes.aio.client, sys; \
        print(*(m.__file__ for n, m in sys.modules.items() if n.startswith("kubernetes.")), sep="\n")' \
    > /tmp/modules \
 && /app/bin/python -m compileall -q --invalidation-mode unchecked-hash -i /tmp/modules

FROM build AS gateway-package
COPY runtime runtime
COPY gateway gateway
RUN for part in runtime gateway; do (cd $part && hatchling build --target wheel --directory /wheel); done > /dev/null \
 && uv pip install --quiet --no-deps --prefix /package /wheel/* \
 && rm -f /package/.lock /package/lib/python3*/site-packages/*.dist-info/uv_cache.json \
 && sed -i /uv_cache.json/d /package/lib/python3*/site-packages/*.dist-info/RECORD

FROM build AS services-package
COPY runtime runtime
COPY services services
RUN for part in runtime services; do (cd $part && hatchling build --target wheel --directory /wheel); done > /dev/null \
 && uv pip install --quiet --no-deps --prefix /package /wheel/* \
 && rm -f /package/.lock /package/lib/python3*/site-packages/*.dist-info/uv_cache.json \
 && sed -i /uv_cache.json/d /package/lib/python3*/site-packages/*.dist-info/RECORD

FROM build AS operator-package
COPY operator operator
RUN (cd operator && hatchling build --target wheel --directory /wheel) > /dev/null \
 && uv pip install --quiet --no-deps --prefix /package /wheel/* \
 && rm -f /package/.lock /package/lib/python3*/site-packages/*.dist-info/uv_cache.json \
 && sed -i /uv_cache.json/d /package/lib/python3*/site-packages/*.dist-info/RECORD

# The stock base has no bytecode for the standard library: each start would compile it again (0.3 s).
# No image has a shell or a package manager: what is not there needs no update, and helps no intruder.
FROM ${BASE} AS root
COPY devcluster/images/minimal_root.py /
RUN library=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))') \
 && python3 -m compileall -q --invalidation-mode unchecked-hash \
        -x '/(config-[^/]*|ensurepip|idlelib|lib2to3|pydoc_data|site-packages|test|tests|tkinter|turtledemo)/' "$library" \
 && python3 /minimal_root.py /root-of-images

FROM scratch AS runtime
COPY --from=root /root-of-images /
COPY --from=root /etc/ssl /etc/ssl
COPY --from=root /usr/lib/ssl /usr/lib/ssl
COPY --from=root /usr/share/ca-certificates /usr/share/ca-certificates
ENV PATH=/app/bin:/usr/local/bin:/usr/bin HOME=/nonexistent \
    PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
ARG BASE
LABEL org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.base.name=${BASE}

FROM runtime AS gateway
COPY --from=gateway-dependencies /app /app
COPY --from=gateway-package /package /app
ENV GATEWAY_HOST=::
EXPOSE 5000
CMD ["python", "-m", "mare_gateway"]
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Maré gateway" \
      org.opencontainers.image.description="HTTP in front of Nameko services" \
      org.opencontainers.image.version=${VERSION} org.opencontainers.image.revision=${REVISION}

FROM runtime AS services
COPY --from=services-dependencies /app /app
COPY --from=services-package /package /app
EXPOSE 8000
ENTRYPOINT ["mare-nameko", "run"]
CMD ["--help"]
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Maré services" \
      org.opencontainers.image.description="Nameko services made fit for Kubernetes; the argument says which" \
      org.opencontainers.image.version=${VERSION} org.opencontainers.image.revision=${REVISION}

FROM runtime AS operator
COPY --from=operator-dependencies /app /app
COPY --from=operator-package /package /app
# What a long answer took goes back to the system: docs/measurements/operator.md.
ENV MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072
EXPOSE 8080
ENTRYPOINT ["mare"]
CMD ["run"]
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Maré operator" \
      org.opencontainers.image.description="Scales workloads of Kubernetes by their RabbitMQ queues" \
      org.opencontainers.image.version=${VERSION} org.opencontainers.image.revision=${REVISION}
