"""The ledger server with the users of `deploy/access.toml`, started again: nothing is lost, and nobody got in."""

import contextlib
from pathlib import Path
from types import ModuleType

import pytest
import redis

from exconn.keyspace import connect, load
from exconn.ledger import Ledger, lua
from tests.conformance.access.conftest import JOB
from tests.support.machine.tls_valkey import tls_server, url_of, users_of
from tests.support.system.deploy_programs import program


@pytest.fixture
def access(generator: ModuleType, tmp_path: Path) -> Path:
    """Users and certificates of a ledger on loopback."""
    generator.write_access(tmp_path / "access")
    program("certificates").write_certificates(tmp_path / "access", {"ledger": ["ledger"]}, ["intake"])
    return tmp_path / "access"


def _load_as_deploy(port: int, access: Path) -> None:
    password = (access / "deploy/ledger-password").read_text(encoding="utf-8")
    url = url_of(port, access / "intake").replace("rediss://", f"rediss://deploy:{password}@")
    with contextlib.closing(connect(url)) as client:
        load(client, lua.library())


def test_what_scripts_wrote_is_there_after_a_restart(access: Path, tmp_path: Path) -> None:
    """Debian's Redis 7.0 used to come back without any job, as the user `default` was allowed nothing."""
    password = (access / "intake/ledger-password").read_text(encoding="utf-8")
    folder = tmp_path / "ledger"
    folder.mkdir()
    options = (*users_of(folder, access / "ledger"), "--appendfsync", "always")
    for start in ("first", "second"):
        with tls_server(folder, access / "ledger", *options) as port:
            url = url_of(port, access / "intake").replace("rediss://", f"rediss://intake:{password}@")
            with contextlib.closing(connect(url)) as client:
                if start == "first":
                    _load_as_deploy(port, access)
                ledger = Ledger(client)
                inserted = ledger.insert(JOB)
                assert (ledger.job(inserted.job_id) is not None, inserted.created) == (True, start == "first")


@pytest.mark.parametrize("login", ["", "default:@", "default:default@", ":guess@"])
def test_nobody_gets_in_as_the_user_whom_the_server_itself_is(access: Path, tmp_path: Path, login: str) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    with tls_server(folder, access / "ledger", *users_of(folder, access / "ledger")) as port:
        url = url_of(port, access / "intake").replace("rediss://", f"rediss://{login}")
        with contextlib.closing(connect(url)) as client, pytest.raises(redis.AuthenticationError):
            client.get("exconn:switch:demo")
