"""Certificates on both sides, on a real server: who has none, a wrong one or an old one is told what to do."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from kombu.exceptions import OperationalError

from exconn.doorbell import create_app
from exconn.keyspace import TlsFailedError, UnreachableServerError, connect, refuse_unfit
from tests.support.machine.tls_valkey import tls_server, url_of
from tests.support.machine.valkey import RestartableValkey, free_port
from tests.support.system.deploy_programs import program

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=800)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates: `own`, of the server's authority; `other`, of another; `old`, expired; servers alike."""
    base, maker = tmp_path_factory.mktemp("certificates"), program("certificates")
    maker.write_certificates(base, {"server": []}, ["own"], NOW)
    maker.write_certificates(base / "foreign", {}, ["other"], NOW)
    authority = maker.authority_in(base / "authority", NOW)
    for name, names, at in (
        *(("old", (), LONG_AGO), ("old-server", ("127.0.0.1",), LONG_AGO), ("elsewhere", ("elsewhere",), NOW)),
    ):
        certificate, key = authority.issue(name, names, at)
        (base / name).mkdir(exist_ok=True)
        (base / name / "ca.crt").write_bytes((base / "own/ca.crt").read_bytes())
        (base / name / "tls.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        (base / name / "tls.key").write_bytes(key)
    return base


@pytest.fixture(scope="module")
def port(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with tls_server(tmp_path_factory.mktemp("server"), folders / "server") as found:
        yield found


def told(url: str) -> UnreachableServerError:
    """What a process says that does not start for this URL."""
    with contextlib.closing(connect(url)) as client, pytest.raises(UnreachableServerError) as refused:
        refuse_unfit(client)
    return refused.value


def test_a_client_of_the_same_authority_is_served(port: int, folders: Path) -> None:
    with contextlib.closing(connect(url_of(port, folders / "own"))) as client:
        refuse_unfit(client, volatile_allowed=True)


def test_a_client_without_certificate_is_refused_and_told_to_name_one(port: int, folders: Path) -> None:
    refused = told(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={folders}/own/ca.crt")

    assert isinstance(refused, TlsFailedError)
    assert "asks for a client certificate" in refused.detail
    assert "ssl_certfile=FILE&ssl_keyfile=FILE" in refused.remedy


def test_a_client_of_another_authority_is_refused(port: int, folders: Path) -> None:
    own, other = folders / "own", folders / "foreign/other"

    refused = told(
        f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={own}/ca.crt&ssl_certfile={other}/tls.crt&ssl_keyfile={other}/tls.key"
    )

    assert isinstance(refused, TlsFailedError)
    assert "does not accept the client's certificate" in refused.detail


def test_a_client_whose_certificate_has_expired_is_told_to_renew_it(port: int, folders: Path) -> None:
    refused = told(url_of(port, folders / "old"))

    assert isinstance(refused, TlsFailedError)
    assert f"the client's certificate has expired ({folders}/old/tls.crt); renew it" in str(refused)


@pytest.mark.parametrize("query", ["?ssl_ca_certs={other}/ca.crt", ""], ids=["another authority", "the system's"])
def test_a_server_of_an_unknown_authority_is_not_trusted(port: int, folders: Path, query: str) -> None:
    refused = told(f"rediss://127.0.0.1:{port}/0" + query.format(other=folders / "foreign/other"))

    assert isinstance(refused, TlsFailedError)
    assert "not from the authority in" in refused.detail
    assert "ssl_ca_certs=FILE" in refused.remedy


@pytest.mark.parametrize(
    ("server", "problem"), [("elsewhere", "is for another name than 127.0.0.1"), ("old-server", "has expired")]
)
def test_a_server_with_another_name_or_an_old_certificate_is_not_trusted(
    folders: Path, tmp_path: Path, server: str, problem: str
) -> None:
    with tls_server(tmp_path, folders / server) as port:
        refused = told(url_of(port, folders / "own"))

    assert isinstance(refused, TlsFailedError)
    assert f"the server's certificate {problem}" in refused.detail


def test_one_who_speaks_no_tls_is_refused_and_told_so(port: int) -> None:
    assert "rediss://" in str(told(f"redis://127.0.0.1:{port}/0"))


def test_a_server_without_tls_is_told_from_a_server_that_is_not_there(
    folders: Path, restartable_valkey: RestartableValkey
) -> None:
    plain = told(url_of(restartable_valkey.port, folders / "own"))
    absent = told(url_of(free_port(), folders / "own"))

    assert isinstance(plain, TlsFailedError)
    assert "does not speak TLS" in plain.detail
    assert not isinstance(absent, TlsFailedError)


@pytest.mark.parametrize("lost", ["ca.crt", "tls.crt", "tls.key"])
def test_a_file_that_is_not_there_is_named(port: int, folders: Path, tmp_path: Path, lost: str) -> None:
    for name in {"ca.crt", "tls.crt", "tls.key"} - {lost}:
        (tmp_path / name).write_bytes((folders / "own" / name).read_bytes())

    refused = told(url_of(port, tmp_path))

    assert f"={tmp_path}/{lost}: No such file or directory" in refused.detail


def test_a_key_of_another_certificate_is_told(port: int, folders: Path) -> None:
    own, other = folders / "own", folders / "foreign/other"

    refused = told(f"rediss://127.0.0.1:{port}/0?ssl_certfile={own}/tls.crt&ssl_keyfile={other}/tls.key")

    assert "do not belong together" in refused.detail


def test_celery_verifies_the_name_of_the_server_too(folders: Path, tmp_path: Path) -> None:
    with tls_server(tmp_path, folders / "elsewhere") as port:
        app = create_app("discovery", broker_url=url_of(port, folders / "own"))
        with app.connection_for_write() as connection, pytest.raises(OperationalError, match="not valid for"):
            connection.default_channel.client.ping()  # type: ignore[attr-defined]


def test_celery_gets_through_with_its_own_certificate(port: int, folders: Path) -> None:
    app = create_app("discovery", broker_url=url_of(port, folders / "own"))

    with app.connection_for_write() as connection:
        assert connection.default_channel.client.ping()  # type: ignore[attr-defined]
