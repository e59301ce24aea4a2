# The daemon, from the hashed lock, as a user without rights.
#   docker build -t hedgebot .
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS packages
COPY requirements.lock /build/requirements.lock
RUN python -m venv /opt/hedgebot \
    && /opt/hedgebot/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes -r /build/requirements.lock

FROM python:${PYTHON}-slim
# Our own package is copied, not built: a build would fetch a build tool that no hash covers.
COPY --from=packages /opt/hedgebot /opt/hedgebot
COPY hedgebot /opt/hedgebot/app/hedgebot
RUN printf '#!/bin/sh\nexec /opt/hedgebot/bin/python -m hedgebot "$@"\n' > /usr/local/bin/hedgebot \
    && chmod 0755 /usr/local/bin/hedgebot \
    && useradd --uid 10001 --no-create-home --home-dir /var/lib/hedgebot hedgebot \
    && install -d -o hedgebot -g hedgebot -m 0700 /var/lib/hedgebot \
    && /opt/hedgebot/bin/python -m compileall -q /opt/hedgebot/app

ENV PYTHONPATH=/opt/hedgebot/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HEDGEBOT_CONFIG=/etc/hedgebot/settings.toml
USER 10001:10001
# A relative journal path counts from here: mount a volume, or the journal ends with the container.
WORKDIR /var/lib/hedgebot
VOLUME /var/lib/hedgebot
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["hedgebot", "status", "--json"]
ENTRYPOINT ["hedgebot"]
CMD ["run"]
