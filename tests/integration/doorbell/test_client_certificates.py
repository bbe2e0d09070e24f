"""Worker and Flower at a broker that takes nobody without a certificate of its authority and a user of its own."""

import contextlib
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from exconn.contracts import Service
from exconn.doorbell import Bell
from exconn.keyspace import connect
from exconn.ledger import Outcome
from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.processes import ChildProcess, wait_until
from tests.support.machine.tls_valkey import tls_server, users_of
from tests.support.machine.valkey import free_port
from tests.support.system.deploy_programs import program


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `deploy/` makes for the services of a broker on loopback, but for its port."""
    folder = tmp_path_factory.mktemp("access")
    program("access").write_access(folder)
    program("certificates").write_certificates(folder, {"broker": ["broker"]}, ["coordinator", "discovery", "flower"])
    return folder


@pytest.fixture(scope="module")
def port(access: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The broker's port; users as in `deploy/access.toml`."""
    folder = tmp_path_factory.mktemp("broker")
    with tls_server(folder, access / "broker", *users_of(folder, access / "broker")) as found:
        yield found


def url(access: Path, port: int, service: str) -> str:
    """The service's own URL with its own certificate, as `deploy/access.py` writes it."""
    address = {"broker": f"redis://127.0.0.1:{port}/0"}
    program("access").write_access(access, (), address | {"ledger": "redis://ledger"}, tls=str(access / service))
    return (access / service / "broker-url").read_text(encoding="utf-8").strip()


def without_certificate(found: str) -> str:
    return re.sub("&ssl_(certfile|keyfile)=[^&]+", "", found)


def flower(system: System, broker: str, listen: int) -> ChildProcess:
    environment = {
        "CELERY_BROKER_URL": broker,
        "CELERY_CONFIG_MODULE": "exconn.doorbell.flower_settings",
        "FLOWER_PORT": str(listen),
        "FLOWER_ADDRESS": "127.0.0.1",
    }
    return system.processes.start("flower", "-m", "celery", "flower", env=environment)


def page(listen: int, path: str) -> str:
    """A page of Flower; empty while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{listen}{path}", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def test_a_worker_with_its_own_certificate_works_and_flower_sees_it(system: System, access: Path, port: int) -> None:
    worker = system.worker(EXCONN_BROKER_URL=url(access, port, "discovery"))
    listen = free_port()
    seer = flower(system, url(access, port, "flower"), listen)
    ring = system.insert()

    with contextlib.closing(connect(url(access, port, "coordinator"), text=False)) as broker:
        Bell(broker).ring(ring, "one")

    assert system.settled(ring.job_id).outcome == Outcome.SUCCEEDED
    name = f"{Service.DISCOVERY.value}.{worker.pid}@"
    wait_until(lambda: name in page(listen, "/workers"), WITHIN, "the worker in Flower", logs=system.processes.logs)
    wait_until(
        lambda: page(listen, "/workers?refresh=1") and "exconn.discovery.one" in page(listen, "/broker"),
        WITHIN,
        "the queue in Flower",
        logs=system.processes.logs,
    )
    shown = worker.log.read_text() + seer.log.read_text()
    password = (access / "discovery/broker-password").read_text(encoding="utf-8")
    assert password not in shown
    assert "insecure" not in shown


def test_a_worker_without_certificate_does_not_start_and_says_what_it_lacks(
    system: System, access: Path, port: int
) -> None:
    worker = system.worker(ready=False, EXCONN_BROKER_URL=without_certificate(url(access, port, "discovery")))

    assert worker.wait(WITHIN) == 6
    assert "asks for a client certificate, and the URL names none" in worker.log.read_text()


def test_a_worker_that_trusts_another_authority_does_not_start(
    system: System, access: Path, port: int, tmp_path: Path
) -> None:
    program("certificates").write_certificates(tmp_path, {}, ["discovery"])
    broker = url(access, port, "discovery").replace(f"{access}/discovery/ca.crt", f"{tmp_path}/discovery/ca.crt")
    worker = system.worker(ready=False, EXCONN_BROKER_URL=broker)

    assert worker.wait(WITHIN) == 6
    assert f"not from the authority in {tmp_path}/discovery/ca.crt" in worker.log.read_text()


def test_flower_without_certificate_sees_nothing(system: System, access: Path, port: int) -> None:
    listen = free_port()
    blind = flower(system, without_certificate(url(access, port, "flower")), listen)

    wait_until(
        lambda: re.search("certificate required|reset by peer", blind.log.read_text()),
        WITHIN,
        "the refusal in Flower's log",
        logs=system.processes.logs,
    )
