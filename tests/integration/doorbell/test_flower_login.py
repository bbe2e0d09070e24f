"""A real Flower behind its login: everything but the health check."""

import base64
import urllib.error
import urllib.request

from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import free_port

LOGIN = "operator:open sesame"


def status_of(url: str, login: str = "") -> int:
    """The status of a page; 0 while nobody answers."""
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        return exc.code
    except OSError:
        return 0


def test_metrics_are_behind_the_login_as_pages_are_and_the_health_check_is_not(system: System) -> None:
    listen = free_port()
    environment = {
        "CELERY_BROKER_URL": system.server.url,
        "CELERY_CONFIG_MODULE": "exconn.doorbell.flower_settings",
        "FLOWER_PORT": str(listen),
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_BASIC_AUTH": LOGIN,
    }
    system.processes.start("flower", "-m", "celery", "flower", env=environment)
    flower = f"http://127.0.0.1:{listen}"
    wait_until(
        lambda: status_of(f"{flower}/healthcheck") == 200, WITHIN, "Flower to answer", logs=system.processes.logs
    )

    assert [status_of(flower + path) for path in ("/metrics", "/tasks")] == [401, 401]
    assert [status_of(flower + path, "operator:guess") for path in ("/metrics", "/tasks")] == [401, 401]
    assert [status_of(flower + path, LOGIN) for path in ("/metrics", "/tasks")] == [200, 200]
