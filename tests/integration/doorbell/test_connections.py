"""Workers reach their servers by TLS and by a socket in the file system, as by plain TCP."""

import contextlib
import datetime
import ipaddress
import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exconn.contracts import Service
from exconn.doorbell import create_app
from exconn.doorbell.transport import doorbell_filter
from exconn.keyspace import connect
from exconn.ledger import Outcome
from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.valkey import RestartableValkey


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = tmp_path / "broker.pem", tmp_path / "broker.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


@pytest.fixture
def tls_port(system: System, certificate: tuple[Path, Path]) -> int:
    """The port of a TLS door to the system's server."""
    arguments = (*map(str, certificate), str(system.server.port))
    door = system.processes.start("door", "-m", "tests.support.network.tls_relay", *arguments)
    found = door.wait_until(lambda: re.search(r"port=(\d+)\n", door.log.read_text()), WITHIN, "its port")
    return int(found[1])


def test_a_worker_hears_doorbells_over_tls(system: System, tls_port: int, certificate: tuple[Path, Path]) -> None:
    url = f"rediss://127.0.0.1:{tls_port}/0?ssl_ca_certs={certificate[0]}"

    system.worker(EXCONN_BROKER_URL=url, EXCONN_LEDGER_URL=url)

    assert system.settled(system.echo()).outcome == Outcome.SUCCEEDED


def test_a_server_with_an_unknown_certificate_is_refused(system: System, tls_port: int) -> None:
    worker = system.worker(ready=False, EXCONN_BROKER_URL=f"rediss://127.0.0.1:{tls_port}/0")

    assert worker.wait(WITHIN) == 6
    assert "certificate" in worker.log.read_text()


@pytest.mark.parametrize("filtered", [False, True])
def test_celery_reaches_a_broker_through_a_socket_in_the_file_system(tmp_path: Path, *, filtered: bool) -> None:
    path = tmp_path / "valkey.sock"
    with RestartableValkey(tmp_path / "valkey", unixsocket=str(path)) as server:
        client = connect(server.url)
        queue_filter = doorbell_filter(Service.DISCOVERY, client) if filtered else None
        app = create_app("discovery", broker_url=f"unix://{path}?db=3", queue_filter=queue_filter)

        with app.connection_for_read() as connection:
            connection.default_channel.client.set("found", "yes")  # type: ignore[attr-defined]

        with contextlib.closing(connect(server.url.replace("/0", "/3"))) as other:
            assert other.get("found") == "yes"
        client.close()
