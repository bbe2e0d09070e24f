"""A Kerberos domain of its own: a real KDC on a loopback port, with its database in a folder of the test."""

import importlib.util
import secrets
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from exconn.demo.kdc import PACKAGES, PROGRAMS, SEARCHED, Kdc
from tests.support.machine.processes import wait_until
from tests.support.machine.skip_or_fail import EVERYTHING, require

REALM = "EXCONN.TEST"
_STARTS_WITHIN = timedelta(seconds=20)
_LIFETIME_SECONDS = 3600
_DAY_SECONDS = 86400


def _is_times(data: bytes | bytearray, at: int) -> bool:
    """Do the times of a ticket stand there: authenticated, valid from, valid until?"""
    times: tuple[int, int, int] = struct.unpack_from(">3I", data, at)
    authenticated, begin, end = times
    return authenticated == begin and end - begin == _LIFETIME_SECONDS


class Domain(Kdc):
    """A domain of a test, in which keys can be wrong in every way."""

    def add_account(self, name: str, types: str = "aes256-cts-hmac-sha1-96") -> str:
        """A new account with keys of these encryption types; its password."""
        password = secrets.token_hex(12)
        self.administer(f"addprinc +requires_preauth -e {types}:normal -pw {password} {name}")
        return password

    def remove(self, name: str) -> None:
        """The account or service is gone."""
        self.administer(f"delprinc -force {name}")

    def keytab_of_password(self, name: str, password: str, types: str) -> Path:
        """A new file with keys of these types that a password makes, whatever types the account itself has."""
        path = self.directory / f"{secrets.token_hex(4)}.keytab"
        self.run("ktutil", said=f"addent -password -p {name} -k 1 -e {types}\n{password}\nwkt {path}\nquit\n")
        return path

    def client_config(self, **settings: str) -> Path:
        """Another krb5.conf for this domain, with these settings of libdefaults changed."""
        lines = (self.directory / "krb5.conf").read_text("utf-8").splitlines()
        kept = [line for line in lines if line.partition("=")[0].strip() not in settings]
        changed = [f"    {name} = {value}" for name, value in settings.items()]
        path = self.directory / f"{secrets.token_hex(4)}.conf"
        path.write_text("\n".join([kept[0], *changed, *kept[1:], ""]), "utf-8")
        return path

    def change_key(self, name: str) -> None:
        """A new random key: keytabs and, for a service, its own copy are out of date."""
        self.administer(f"cpw -randkey {name}")

    def ticket_cache(self, name: str, keytab: Path) -> Path:
        """A cache with a fresh ticket of this account, for an hour."""
        cache = self.directory / f"{secrets.token_hex(4)}.cache"
        lifetime = f"{_LIFETIME_SECONDS}s"
        self.run("kinit", "-l", lifetime, "-k", "-t", str(keytab), "-c", f"FILE:{cache}", name)
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


def require_kerberos() -> None:
    """Skip, or fail in CI, where Kerberos cannot be had."""
    programs = (*PROGRAMS, "kinit")
    missing = [name for name in programs if shutil.which(name, path=SEARCHED) is None]
    remedy = f"install the packages {PACKAGES} krb5-user"
    require(not missing, f"Kerberos server ({', '.join(missing)})", remedy)
    missing = [name for name in ("gssapi", "krb5") if importlib.util.find_spec(name) is None]
    require(not missing, f"Kerberos for Python ({', '.join(missing)})", EVERYTHING)


@contextmanager
def running_domain(directory: Path) -> Iterator[Domain]:
    """A domain whose KDC answers; ended at the end."""
    domain = Domain(directory, REALM)
    process = subprocess.Popen(domain.command, env=domain.own_environment, stdin=subprocess.DEVNULL)

    def answers() -> bool:
        assert process.poll() is None, (directory / "kdc.log").read_text("utf-8")
        return domain.answers()

    try:
        wait_until(answers, _STARTS_WITHIN, "the KDC", logs=[directory / "kdc.log"])
        yield domain
    finally:
        process.terminate()
        process.wait(10)
