"""A Kerberos domain of its own: a real KDC on a loopback port, with its database in a folder of the test."""

import importlib.util
import os
import secrets
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from tests.support.machine.processes import wait_until
from tests.support.machine.real_parts import EVERYTHING, require

REALM = "EXCONN.TEST"
#: Debian puts the server's programs where only root looks.
_PROGRAMS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_STARTS_WITHIN = timedelta(seconds=20)
_RUNS_WITHIN_SECONDS = 30
_LIFETIME_SECONDS = 3600
_DAY_SECONDS = 86400
_CONFIG = """\
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
_KDC_CONFIG = """\
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


def _is_times(data: bytes | bytearray, at: int) -> bool:
    """Do the times of a ticket stand there: authenticated, valid from, valid until?"""
    times: tuple[int, int, int] = struct.unpack_from(">3I", data, at)
    authenticated, begin, end = times
    return authenticated == begin and end - begin == _LIFETIME_SECONDS


class Domain:
    """Accounts, their keys and tickets. `environment` is what a Kerberos client of this domain needs."""

    def __init__(self, directory: Path, port: int) -> None:
        self._directory = directory
        self.environment = {"KRB5_CONFIG": str(directory / "krb5.conf")}
        settings = {"realm": REALM, "port": port, "directory": directory}
        (directory / "krb5.conf").write_text(_CONFIG.format(**settings), "utf-8")
        (directory / "kdc.conf").write_text(_KDC_CONFIG.format(**settings), "utf-8")
        self._own = self.environment | {"KRB5_KDC_PROFILE": str(directory / "kdc.conf"), "PATH": _PROGRAMS}

    def create(self) -> None:
        """The empty database."""
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", secrets.token_hex(8))

    def start(self) -> "subprocess.Popen[bytes]":
        """The KDC's process; it has no client yet."""
        program = shutil.which("krb5kdc", path=_PROGRAMS)
        assert program is not None
        return subprocess.Popen([program, "-n", "-r", REALM], env=self._own, stdin=subprocess.DEVNULL)

    def add_account(self, name: str, types: str = "aes256-cts-hmac-sha1-96") -> str:
        """A new account with keys of these encryption types; its password."""
        password = secrets.token_hex(12)
        self._admin(f"addprinc +requires_preauth -e {types}:normal -pw {password} {name}")
        return password

    def add_service(self, name: str) -> None:
        """A new service with a random key."""
        self._admin(f"addprinc -randkey {name}")

    def remove(self, name: str) -> None:
        """The account or service is gone."""
        self._admin(f"delprinc -force {name}")

    def keytab(self, *names: str) -> Path:
        """A new file with the present keys of these accounts or services."""
        path = self._directory / f"{secrets.token_hex(4)}.keytab"
        self._admin(f"ktadd -norandkey -k {path} {' '.join(names)}")
        return path

    def keytab_of_password(self, name: str, password: str, types: str) -> Path:
        """A new file with keys of these types that a password makes, whatever types the account itself has."""
        path = self._directory / f"{secrets.token_hex(4)}.keytab"
        self._run("ktutil", said=f"addent -password -p {name} -k 1 -e {types}\n{password}\nwkt {path}\nquit\n")
        return path

    def client_config(self, **settings: str) -> Path:
        """Another krb5.conf for this domain, with these settings of libdefaults changed."""
        lines = (self._directory / "krb5.conf").read_text("utf-8").splitlines()
        kept = [line for line in lines if line.partition("=")[0].strip() not in settings]
        changed = [f"    {name} = {value}" for name, value in settings.items()]
        path = self._directory / f"{secrets.token_hex(4)}.conf"
        path.write_text("\n".join([kept[0], *changed, *kept[1:], ""]), "utf-8")
        return path

    def change_key(self, name: str) -> None:
        """A new random key: keytabs and, for a service, its own copy are out of date."""
        self._admin(f"cpw -randkey {name}")

    def ticket_cache(self, name: str, keytab: Path) -> Path:
        """A cache with a fresh ticket of this account, for an hour."""
        cache = self._directory / f"{secrets.token_hex(4)}.cache"
        lifetime = f"{_LIFETIME_SECONDS}s"
        self._run("kinit", "-l", lifetime, "-k", "-t", str(keytab), "-c", f"FILE:{cache}", name)
        return cache

    def outdated_cache(self, name: str, keytab: Path) -> Path:
        """The same, a day later: the times that the cache says of its tickets are set back."""
        cache = self.ticket_cache(name, keytab)
        data = bytearray(cache.read_bytes())
        places = [at for at in range(len(data) - 16) if _is_times(data, at)]
        assert places
        for at in places:
            times = struct.unpack_from(">3I", data, at)
            struct.pack_into(">3I", data, at, *(time - _DAY_SECONDS for time in times))
        cache.write_bytes(data)
        return cache

    def _admin(self, query: str) -> None:
        self._run("kadmin.local", "-r", REALM, "-q", query)

    def _run(self, *command: str, said: str | None = None) -> None:
        done = subprocess.run(
            command,
            env=self._own,
            timeout=_RUNS_WITHIN_SECONDS,
            capture_output=True,
            text=True,
            check=False,
            input=said,
        )
        assert done.returncode == 0, done.stderr


def require_kerberos() -> None:
    """Skip, or fail in CI, where Kerberos cannot be had."""
    programs = ("krb5kdc", "kadmin.local", "kdb5_util", "kinit")
    missing = [name for name in programs if shutil.which(name, path=_PROGRAMS) is None]
    remedy = "install the packages krb5-kdc, krb5-admin-server and krb5-user"
    require(not missing, f"Kerberos server ({', '.join(missing)})", remedy)
    missing = [name for name in ("gssapi", "krb5") if importlib.util.find_spec(name) is None]
    require(not missing, f"Kerberos for Python ({', '.join(missing)})", EVERYTHING)


@contextmanager
def running_domain(directory: Path) -> Iterator[Domain]:
    """A domain whose KDC answers; ended at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    domain = Domain(directory, port)
    domain.create()
    process = domain.start()

    def answers() -> bool:
        assert process.poll() is None, (directory / "kdc.log").read_text("utf-8")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    try:
        wait_until(answers, _STARTS_WITHIN, "the KDC", logs=[directory / "kdc.log"])
        yield domain
    finally:
        process.terminate()
        process.wait(10)
