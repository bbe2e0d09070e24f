"""The one-shot container `prepare`: before anything starts, users and passwords of the servers, a login for Flower,
and the operator's context, key and registry. What is there already stays as it is, so it runs at every start.

Each service mounts its own folder of what is written here and no other.
"""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from access import AccessTableError, write_access

ACCESS = Path("/access")
OPERATOR = Path("/operator")
REGISTRY = Path("/registry/requesters.toml")
INIT_WITHIN_SECONDS = 60


def main() -> int:
    """Prepare; the exit code."""
    os.umask(0o077)
    try:
        write_access(ACCESS, tuple(os.environ.get("EXCONN_CELERY_REQUESTERS", "").split()))
        _flower_login(ACCESS / "flower" / "login")
        _postgres_password(os.environ.get("EXCONN_POSTGRES_HOST", ""))
        _operator()
    except (AccessTableError, OSError, subprocess.SubprocessError) as exc:
        sys.stderr.write(f"prepare: {exc}\n")
        return 1
    return 0


def _flower_login(path: Path) -> None:
    if not path.exists():
        path.write_text(f"operator:{secrets.token_urlsafe(18)}", encoding="utf-8")
    shutil.copy(path, OPERATOR / "flower-login")


def _postgres_password(host: str) -> None:
    """Where there is a PostgreSQL: its password for itself, and for the monitor as libpq reads it."""
    if not host:
        return
    path = ACCESS / "postgres" / "password"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    password = path.read_text(encoding="utf-8")
    (ACCESS / "monitor" / "pgpass").write_text(f"{host}:5432:*:*:{password}\n", encoding="utf-8")


def _operator() -> None:
    """Context, key and registry, as `exconn init` makes them; the registry alone is shown to services."""
    if not (OPERATOR / "context.toml").exists():
        addresses = {
            "--monitor-url": os.environ["EXCONN_MONITOR_URL"],
            "--intake-url": os.environ["EXCONN_INTAKE_URL"],
            "--connector": os.environ["EXCONN_CONNECTOR"],
        }
        options = [part for option in addresses.items() for part in option]
        command = ["exconn", "--quiet", "init", "--folder", str(OPERATOR), *options]
        subprocess.run(command, check=True, timeout=INIT_WITHIN_SECONDS)  # noqa: S603  (our own command)
    if not REGISTRY.exists():
        shutil.copy(OPERATOR / "requesters.toml", REGISTRY)


if __name__ == "__main__":
    sys.exit(main())
