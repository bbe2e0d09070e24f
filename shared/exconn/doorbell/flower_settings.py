"""What Flower needs to know beside the broker's URL, as a configuration module of Celery: `CELERY_CONFIG_MODULE=` this.

Flower's page of queues connects by itself, and takes the files of TLS from the settings only, not from the URL. It also
has to know that a queue is one list here, not one for each priority.

And Flower gives its metrics, with names of tasks and workers, to everybody, login or not; here they are behind its
login as every other page is.
"""

import os
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from flower.views.monitor import Metrics

from exconn.contracts import REQUESTS_QUEUE
from exconn.settings.secret import TLS_FILES


def tls_of(url: str) -> "dict[str, str] | bool":
    """The files that a `rediss://` URL names, as `broker_use_ssl`; False for other URLs. The server is verified."""
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return False
    return {"ssl_cert_reqs": "required"} | {name: file for name, file in parse_qsl(parts.query) if name in TLS_FILES}


# Celery reads such a module by its names, when Flower starts.
broker_use_ssl = tls_of(os.environ.get("CELERY_BROKER_URL", ""))
broker_transport_options = {"priority_steps": [0]}
# What it asks for while it knows of no worker; Celery's own default is no queue of ours.
task_default_queue = REQUESTS_QUEUE

_metrics = Metrics.get


async def _behind_the_login(page: Metrics) -> None:
    """The metrics, for whom the login knows; asking for the user answers 401 where a password is missing or wrong."""
    if page.current_user:
        await _metrics(page)
    else:
        page.set_status(HTTPStatus.FORBIDDEN)


# Flower looks this up when the page is asked for. /healthcheck stays open: it says nothing.
Metrics.get = _behind_the_login
