"""OpenSSH's own programs: keys, signatures, and an agent that ends with its test."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.machine.processes import wait_until
from tests.support.machine.skip_or_fail import require


@pytest.fixture(scope="session")
def openssh() -> None:
    """The programs; skips visibly where they are missing."""
    found = shutil.which("ssh-keygen") and shutil.which("ssh-agent") and shutil.which("ssh-add")
    require(bool(found), "ssh-keygen and ssh-agent", "Debian: apt install openssh-client")


def run_openssh(*words: str | Path, send: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    """One of the programs, to its end; nobody is asked anything."""
    command = [str(word) for word in words]
    quiet = os.environ | {"SSH_ASKPASS_REQUIRE": "never"} | env
    return subprocess.run(
        command, input=send, capture_output=True, env=quiet, timeout=30, check=False, start_new_session=True
    )


def make_key(path: Path, *, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A private key in `path`; its public half lies beside it."""
    done = run_openssh("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "anna@laptop", "-f", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def ssh_agent(openssh: None, tmp_path: Path) -> Iterator[str]:
    """The socket of an agent without keys."""
    place = Path("/tmp") if len(str(tmp_path)) > 80 else tmp_path
    socket = place / f"agent-{os.getpid()}"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as agent:
        try:
            wait_until(socket.exists, timedelta(seconds=10), "the agent to listen")
            yield str(socket)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.wait(10)
            socket.unlink(missing_ok=True)
