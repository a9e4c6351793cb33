# One image for every process of a hub: `inlay serve` (the default), `inlay work`, and any other command.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
# The libraries change less often than the code: their layer is kept until the pins change.
COPY constraints.txt pyproject.toml README.md ./
COPY hub/__init__.py hub/__init__.py
RUN mkdir connectors prompts && touch connectors/__init__.py prompts/__init__.py \
    && python -m venv /opt/inlay \
    && /opt/inlay/bin/pip install --constraint constraints.txt .
COPY hub hub
COPY connectors connectors
COPY prompts prompts
RUN /opt/inlay/bin/pip install --no-deps --force-reinstall .

FROM python:3.11-slim

# The model client trusts the system's certificates, so they have to be there.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /data inlay

COPY --from=build /opt/inlay /opt/inlay
ENV PATH=/opt/inlay/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    INLAY_HOME=/data \
    INLAY_HOST=0.0.0.0 \
    INLAY_PORT=8800

USER inlay
WORKDIR /data
VOLUME /data
EXPOSE 8800
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['INLAY_PORT'] + '/healthz', timeout=2)"]

ENTRYPOINT ["inlay"]
CMD ["serve"]
