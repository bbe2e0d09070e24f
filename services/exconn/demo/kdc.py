"""A Kerberos domain on this machine alone: a KDC of MIT on a loopback port, with its database in a folder.

The programs come with the system; importing this module does not need them, making a domain does.
"""

import os
import secrets
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

#: Debian puts a server's programs where only root looks.
SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PROGRAMS = ("krb5kdc", "kadmin.local", "kdb5_util")
PACKAGES = "krb5-kdc krb5-admin-server"
_RUNS_WITHIN_SECONDS = 30
_CLIENTS = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
[domain_realm]
    localhost = {realm}
    .localhost = {realm}
    127.0.0.1 = {realm}
"""
_SERVERS = """\
[kdcdefaults]
    kdc_listen = ""
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {directory}/principal
        key_stash_file = {directory}/stash
        acl_file = {directory}/acl
        supported_enctypes = aes256-cts-hmac-sha1-96:normal
    }}
[logging]
    kdc = FILE:{directory}/kdc.log
"""


class KdcError(Exception):
    """The domain cannot be made; the text says why."""


def missing_programs() -> tuple[str, ...]:
    """What the system lacks of a KDC."""
    return tuple(name for name in PROGRAMS if shutil.which(name, path=SEARCHED) is None)


class Kdc:
    """Accounts, services and their keys. `environment` is what a client of this domain needs."""

    def __init__(self, directory: Path, realm: str) -> None:
        if missing := missing_programs():
            raise KdcError(f"{', '.join(missing)} not found: install (on Debian) {PACKAGES}, then run this again")
        self.directory, self.realm = directory.absolute(), realm
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        settings = {"realm": realm, "port": self.port, "directory": self.directory}
        (self.directory / "krb5.conf").write_text(_CLIENTS.format(**settings), "utf-8")
        (self.directory / "kdc.conf").write_text(_SERVERS.format(**settings), "utf-8")
        self.environment = {"KRB5_CONFIG": str(self.directory / "krb5.conf")}
        self.own_environment = self.environment | {
            "KRB5_KDC_PROFILE": str(self.directory / "kdc.conf"),
            "PATH": SEARCHED,
        }
        self.run("kdb5_util", "create", "-s", "-r", realm, "-P", secrets.token_hex(8))

    @property
    def command(self) -> list[str]:
        """Runs the KDC in the foreground, with `own_environment`."""
        return [shutil.which("krb5kdc", path=SEARCHED) or "krb5kdc", "-n", "-r", self.realm]

    def answers(self) -> bool:
        """Whether it takes connections by now."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def add_service(self, name: str) -> None:
        """A new account or service with a random key."""
        self.administer(f"addprinc -randkey {name}")

    def keytab(self, *names: str) -> Path:
        """A new file with the present keys of these accounts or services."""
        path = self.directory / f"{secrets.token_hex(4)}.keytab"
        self.administer(f"ktadd -norandkey -k {path} {' '.join(names)}")
        return path

    def administer(self, query: str) -> None:
        """Ask the database for something, as kadmin words it. Raises KdcError."""
        self.run("kadmin.local", "-r", self.realm, "-q", query)

    def run(self, *command: str, said: str | None = None) -> None:
        """Run one of the domain's programs to its end. Raises KdcError."""
        try:
            done = subprocess.run(  # noqa: S603  (fixed programs; names are ours)
                command,
                env=self.own_environment,
                timeout=_RUNS_WITHIN_SECONDS,
                capture_output=True,
                text=True,
                check=False,
                input=said,
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise KdcError(f"{command[0]} did not run ({type(exc).__name__})") from exc
        if done.returncode != 0:
            raise KdcError(f"{command[0]}: {done.stderr.strip()[-300:]}")
