"""A real PostgreSQL server on a loopback port, for tests of what must run on more than one database."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from tests.support.machine.valkey import free_port

#: Where Debian puts the server's programs, newest last.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
STARTS_WITHIN = timedelta(seconds=60)
TRIES = 4


def is_installed() -> bool:
    """Whether a server can be started here."""
    return bool(PROGRAMS)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database; the server ends with the block. Its folder is not pytest's, which is private."""
    folder = Path(tempfile.mkdtemp(prefix="exconn-postgresql-"))
    # The server refuses to run as root.
    owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, owner)
    try:
        _run(owner, "initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "exconn", "-E", "UTF8", "-N")
        port = _start(owner, folder)
        try:
            yield f"postgresql+psycopg://exconn@127.0.0.1:{port}/postgres"
        finally:
            _run(owner, "pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(owner: str, folder: Path) -> int:
    """The port on which it listens. Somebody may take a free port before the server does: then another one."""
    for _ in range(TRIES - 1):
        with suppress(RuntimeError):
            return _start_on(free_port(), owner, folder)
    return _start_on(free_port(), owner, folder)


def _start_on(port: int, owner: str, folder: Path) -> int:
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    _run(owner, "pg_ctl", "-D", str(folder / "data"), "-o", options, "-l", str(folder / "log"), "-w", "start")
    return port


def _run(owner: str, program: str, *arguments: str) -> None:
    command = [str(PROGRAMS[-1] / program), *arguments]
    user = owner if os.geteuid() == 0 else None
    done = subprocess.run(
        command,
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=STARTS_WITHIN.total_seconds(),
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program} ended with {done.returncode}")
