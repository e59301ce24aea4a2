# The daemon, from the hashed lock, as a user without rights.
#   docker build -t hedgebot .
# The tag names one release. To hold it to the byte: --build-arg BASE=python@sha256:...
ARG BASE=python:3.12.12-slim-bookworm

FROM ${BASE} AS packages
COPY requirements.lock /build/requirements.lock
# No pip inside: nothing can be installed into a running container.
RUN python -m venv --without-pip /opt/hedgebot \
    && python -m pip --python /opt/hedgebot/bin/python install --no-cache-dir \
        --disable-pip-version-check --require-hashes -r /build/requirements.lock

FROM ${BASE}
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
