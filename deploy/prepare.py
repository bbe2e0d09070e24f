"""The one-shot container `prepare`: before anything starts, users and passwords of the servers, a certificate for each
server and service, keys that services sign with, a login for Flower, and the operator's context, key and registry. What
is there already stays as it is, but for certificates that end within half a year, so it runs at every start.

Each service mounts its own folder of what is written here and no other.
"""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from access import AccessTableError, write_access
from certificates import write_certificates

from exconn.signing import SigningError, make_service_key

ACCESS = Path("/access")
OPERATOR = Path("/operator")
REGISTRY = Path("/registry/requesters.toml")
INIT_WITHIN_SECONDS = 60
#: Where every container finds its own folder of ACCESS.
SEEN_AT = "/run/access"
#: Those whose certificates have names, as others connect to them.
SERVERS = ("broker", "ledger", "postgres", "intake", "monitor")
SERVICES = ("deploy", "coordinator", "discovery", "policy", "actions", "flower")


def main() -> int:
    """Prepare; the exit code."""
    os.umask(0o077)
    try:
        requesters = tuple(os.environ.get("EXCONN_CELERY_REQUESTERS", "").split())
        write_access(ACCESS, requesters, tls=SEEN_AT)
        _certificates(requesters)
        _flower_login(ACCESS / "flower" / "login")
        _postgres_password()
        _service_keys()
        _operator()
    except (AccessTableError, OSError, SigningError, ValueError, subprocess.SubprocessError) as exc:
        sys.stderr.write(f"prepare: {exc}\n")
        return 1
    return 0


def _certificates(requesters: tuple[str, ...]) -> None:
    clients = (*SERVICES, *(f"requesters/{name}" for name in requesters))
    made = write_certificates(ACCESS, {server: [server] for server in SERVERS}, clients)
    if made:
        # Running servers keep the old ones, which are good for half a year.
        print(f"new certificates for {', '.join(made)}: servers that run already take theirs when they are restarted")


def _flower_login(path: Path) -> None:
    if not path.exists():
        path.write_text(f"operator:{secrets.token_urlsafe(18)}", encoding="utf-8")
    shutil.copy(path, OPERATOR / "flower-login")


def _postgres_password() -> None:
    """For the server itself, and for the monitor as libpq reads it."""
    path = ACCESS / "postgres" / "password"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    password = path.read_text(encoding="utf-8")
    (ACCESS / "monitor" / "pgpass").write_text(f"postgres:5432:*:*:{password}\n", encoding="utf-8")


def _service_keys() -> None:
    """What services sign with, each in the folder of its service alone; the public half lies with who checks it."""
    make_service_key(ACCESS / "intake" / "intake.pem", ACCESS / "actions" / "intake.pub", OPERATOR / "intake.pub")
    make_service_key(ACCESS / "actions" / "actions.pem", ACCESS / "monitor" / "actions.pub", OPERATOR / "actions.pub")
    make_service_key(ACCESS / "monitor" / "monitor.pem", OPERATOR / "monitor.pub")


def _operator() -> None:
    """Context, key and registry, as `exconn init` makes them; the registry alone is shown to services."""
    if not (OPERATOR / "context.toml").exists():
        addresses = {
            "--monitor-url": os.environ["EXCONN_MONITOR_URL"],
            "--intake-url": os.environ["EXCONN_INTAKE_URL"],
            "--connector": os.environ["EXCONN_CONNECTOR"],
            "--intake-public-key": (OPERATOR / "intake.pub").read_text(encoding="ascii").strip(),
            "--audit-public-key": (OPERATOR / "monitor.pub").read_text(encoding="ascii").strip(),
            "--actions-public-key": (OPERATOR / "actions.pub").read_text(encoding="ascii").strip(),
            "--ca-file": "ca.crt",
        }
        options = [part for option in addresses.items() for part in option]
        command = ["exconn", "--quiet", "init", "--folder", str(OPERATOR), *options]
        subprocess.run(command, check=True, timeout=INIT_WITHIN_SECONDS)  # noqa: S603  (our own command)
    # The authority may be made anew, and with it the certificates of intake and monitor.
    shutil.copy(ACCESS / "intake" / "ca.crt", OPERATOR / "ca.crt")
    if not REGISTRY.exists():
        shutil.copy(OPERATOR / "requesters.toml", REGISTRY)


if __name__ == "__main__":
    sys.exit(main())
