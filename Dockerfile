# The images of exconn. Targets:
#   production   all services and the command line; neither simulator nor demo
#   demo         production and the simulator
# Both sign in to Exchange with Kerberos; two packages for it are built from source, once, in the stage that installs.
#
#   docker build --target production --tag exconn:local .     (BuildKit; compose.yaml builds the same)
#
# A proxy that breaks TLS open: give its authority as the build secret `extra_ca`; it is in no layer of the image.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

# -- dependencies, before any code: a change of code installs nothing again ----------------------------------------
FROM ${PYTHON_IMAGE} AS locked
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_NO_COMPILE=1 PIP_NO_CACHE_DIR=1
RUN apt-get update -qq && \
    apt-get install -qq --yes --no-install-recommends gcc libc6-dev libkrb5-dev && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*
RUN python3 -m venv /opt/exconn
COPY requirements/runtime.txt /build/requirements/
COPY deploy/image/pip-install /build/
RUN --mount=type=secret,id=extra_ca,required=false \
    sh /build/pip-install --requirement /build/requirements/runtime.txt
# What signs in with Kerberos comes as source: optimizing it would take minutes and gain nothing.
COPY requirements/kerberos.txt /build/requirements/
RUN --mount=type=secret,id=extra_ca,required=false \
    CFLAGS="-O0 -g0" sh /build/pip-install --requirement /build/requirements/kerberos.txt

FROM locked AS locked-demo
COPY requirements/demo.txt /build/requirements/
RUN --mount=type=secret,id=extra_ca,required=false \
    sh /build/pip-install --requirement /build/requirements/demo.txt

# -- code: laid out beside the dependencies, compiled once, writable by nobody -------------------------------------
FROM locked AS installed
COPY pyproject.toml LICENSE deploy/image/lay_out.py /build/
COPY shared/exconn /build/shared/exconn
COPY services/exconn /build/services/exconn
RUN python3 /build/lay_out.py /opt/exconn --without simulator --without demo

FROM locked-demo AS installed-demo
COPY pyproject.toml LICENSE deploy/image/lay_out.py /build/
COPY shared/exconn /build/shared/exconn
COPY services/exconn /build/services/exconn
RUN python3 /build/lay_out.py /opt/exconn --without demo

# -- what runs: no compiler, no installer in the environment, one numeric user --------------------------------------
FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/exconn/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    EXCONN_STATE_DIR=/state EXCONN_LOG_FORMAT=json
# The Kerberos libraries, and kinit and klist for whoever looks for a fault. krb5.conf: what is safe in every estate;
# the compose file and the chart put the estate's own in front of it.
RUN apt-get update -qq && \
    apt-get install -qq --yes --no-install-recommends libgssapi-krb5-2 libkrb5-3 krb5-user && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY deploy/krb5.conf /etc/krb5.conf
# A new volume takes owner and mode of the folder that it is mounted on, so every mount point is made here.
COPY deploy/image/make-folders /tmp/
RUN sh /tmp/make-folders && rm /tmp/make-folders
WORKDIR /state
USER 10001:10001
STOPSIGNAL SIGTERM
# Asks whether the process in this container can do its work: its servers answer, it was heard of lately, and doorbells
# come through to it.
HEALTHCHECK --interval=15s --timeout=20s --start-period=60s --retries=3 CMD ["python", "-m", "exconn.health"]
ENTRYPOINT ["exconn"]
CMD ["--help"]
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="exconn" \
      org.opencontainers.image.description="Exchange Connector: finds, governs, blocks and wipes mobile devices" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"

FROM base AS demo
COPY --from=installed-demo /opt/exconn /opt/exconn
COPY deploy/access.toml deploy/access.py deploy/certificates.py deploy/prepare.py /opt/exconn/deploy/

FROM base AS production
COPY --from=installed /opt/exconn /opt/exconn
COPY deploy/access.toml deploy/access.py deploy/certificates.py deploy/prepare.py /opt/exconn/deploy/
