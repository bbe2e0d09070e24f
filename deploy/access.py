"""Makes the users of broker and ledger from the table in access.toml: one user per service and server.

`python access.py OUTPUT` writes, for each service, the URLs with its passwords, and for each server its `users.acl`,
which holds digests only. What is there already keeps its password. Needs nothing but Python 3.11.

With `--tls FOLDER` the URLs ask for TLS and name the certificates that certificates.py makes, as the service sees them.
"""

import argparse
import hashlib
import secrets
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("access.toml")
SERVERS = ("broker", "ledger")


class AccessTableError(ValueError):
    """The table names what it does not define."""

    def __init__(self, user: str, server: str, grant: str) -> None:
        self.user = user
        self.server = server
        self.grant = grant
        super().__init__(f"access.toml gives {user} the grant {grant!r}, which {server}.grants does not define")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Commands on keys or channels; on neither, commands that touch no key."""

    commands: tuple[str, ...]
    keys: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    access: str = "RW"

    @classmethod
    def parse(cls, row: dict[str, str], **named: str) -> "Grant":
        """From a row of the table; `{name}` in its keys is filled in."""
        return cls(
            commands=tuple(row["commands"].split()),
            keys=tuple(key.format(**named) for key in row.get("keys", "").split()),
            channels=tuple(row.get("channels", "").split()),
            access=row.get("access", "RW"),
        )

    def rules(self) -> list[str]:
        """As Redis and Valkey write them."""
        mark = "" if self.access == "RW" else f"%{self.access}"
        return [
            *(f"{mark}~{key}" for key in self.keys),
            *(f"&{channel}" for channel in self.channels),
            *(f"+{command}" for command in self.commands),
        ]


def grants_of(table: dict[str, Any], user: str, server: str) -> list[Grant]:
    """What a user may do on a server; nothing means that it has no user there. Raises AccessTableError."""
    kind, _, name = user.partition("-")
    row = table["requester"] if kind == "requester" else table["users"][user]
    own = {key: value for key, value in row.items() if isinstance(value, dict)}
    found = []
    for grant in row.get(server, "").split():
        definition = own.get(grant) or table[server]["grants"].get(grant)
        if definition is None:
            raise AccessTableError(user, server, grant)
        found.append(Grant.parse(definition, name=name))
    return found


def acl_line(user: str, digest: str, grants: list[Grant]) -> str:
    """A user's line of `users.acl`: each grant a selector of its own, so that nothing combines."""
    plain = [rule for grant in grants if not grant.keys and not grant.channels for rule in grant.rules()]
    bound = [" ".join(grant.rules()) for grant in grants if grant.keys or grant.channels]
    selectors = " ".join(f"({rules})" for rules in bound)
    return f"user {user} on #{digest} resetkeys resetchannels -@all {' '.join(plain)} {selectors}".strip()


def acl_file(table: dict[str, Any], server: str, digests: dict[str, str]) -> str:
    """The whole `users.acl` of a server; `digests` says whose passwords there are."""
    # Off and without a password, so nobody can be this user; but older servers are it while they read their append-only
    # file at a start, and would silently drop what scripts and transactions wrote, were anything forbidden to it
    # (issue 3983 of Valkey, 14541 of Redis).
    lines = ["user default off resetpass ~* &* +@all"]
    for user, digest in sorted(digests.items()):
        grants = grants_of(table, user, server)
        if grants:
            lines.append(acl_line(user, digest, grants))
    return "\n".join(lines) + "\n"


def read_table(path: Path = TABLE) -> dict[str, Any]:
    """The table."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_access(
    output: Path,
    requesters: tuple[str, ...] = (),
    addresses: dict[str, str] | None = None,
    *,
    tls: str = "",
    table: dict[str, Any] | None = None,
) -> None:
    """Write users and URLs under `output`, a folder per user and per server. Raises AccessTableError, OSError.

    `tls` is the folder of ca.crt, tls.crt and tls.key as services see it, `{server}` in it the server; empty for none.
    `table` is another one than that beside this file.
    """
    table, where = table or read_table(), addresses or {server: f"redis://{server}:6379/0" for server in SERVERS}
    users = [*table["users"], *(f"requester-{name}" for name in requesters)]
    for server in SERVERS:
        digests = {}
        for user in users:
            if grants_of(table, user, server):
                password = _password(output, user, server, at_server=user in table["at_server"])
                digests[user] = hashlib.sha256(password.encode()).hexdigest()
                if user not in table["at_server"]:
                    _write(
                        output / _folder(user) / f"{server}-url",
                        _url(where[server], user, password, tls.format(server=server)),
                    )
        _write(output / server / "users.acl", acl_file(table, server, digests))


def _folder(user: str) -> str:
    return f"requesters/{user.partition('-')[2]}" if user.startswith("requester-") else user


def _url(address: str, user: str, password: str, tls: str) -> str:
    scheme, _, rest = address.partition("://")
    if not tls:
        return f"{scheme}://{user}:{password}@{rest}\n"
    files = f"ssl_ca_certs={tls}/ca.crt&ssl_certfile={tls}/tls.crt&ssl_keyfile={tls}/tls.key"
    # Said for clients that would otherwise trust anybody; ours refuse anything else.
    return f"rediss://{user}:{password}@{rest}?ssl_cert_reqs=required&{files}\n"


def _password(output: Path, user: str, server: str, *, at_server: bool) -> str:
    path = output / server / f"{user}-password" if at_server else output / _folder(user) / f"{server}-password"
    if not path.exists():
        _write(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def _write(path: Path, text: str) -> None:
    """Whole or not at all, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.draft")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def main() -> int:
    """Write to the folder that the command line names; the exit code."""
    parser = argparse.ArgumentParser(description="Make the users of broker and ledger.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--requester", action="append", default=[], help="a system that sends requests with Celery")
    parser.add_argument("--tls", default="", help="the folder in which services find ca.crt, tls.crt and tls.key")
    given = parser.parse_args()
    try:
        write_access(given.output, tuple(given.requester), tls=given.tls)
    except (AccessTableError, OSError) as exc:
        sys.stderr.write(f"access: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
