"""The users of deploy/access.toml on running servers, as a deployment has them."""

from collections.abc import Mapping
from pathlib import Path

import redis

from tests.support.machine.valkey import RestartableValkey
from tests.support.system.deploy_programs import program

#: User -> server -> grants of deploy/access.toml, with spaces between.
Grants = Mapping[str, Mapping[str, str]]


class ServerUsers:
    """Makes the users of both servers; each service's URL is in a file of its own below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generator = program("access")
        self._addresses: dict[str, str] = {}

    def make(self, servers: Mapping[str, RestartableValkey], *, also: Grants, without: Grants) -> None:
        """Give the servers named broker and ledger their users; some have grants beside their own, or lack some."""
        table = self._generator.read_table()
        for user, grants in also.items():
            for name, more in grants.items():
                table["users"][user][name] += f" {more}"
        for user, grants in without.items():
            for name, fewer in grants.items():
                left = [grant for grant in table["users"][user][name].split() if grant not in fewer.split()]
                table["users"][user][name] = " ".join(left)
        self._addresses = {name: server.url for name, server in servers.items()}
        self._generator.write_access(self._folder, addresses=self._addresses, table=table)
        for name, server in servers.items():
            load_users(server.client(), (self._folder / name / "users.acl").read_text(encoding="utf-8"))

    def url(self, user: str, server: str) -> str:
        """The URL of a service's user, or of one whose password lies with the server."""
        place = self._folder / server / f"{user}-password"
        if not place.exists():
            return (self._folder / user / f"{server}-url").read_text(encoding="utf-8").strip()
        password = place.read_text(encoding="utf-8").strip()
        return self._addresses[server].replace("://", f"://{user}:{password}@", 1)


def load_users(admin: redis.Redis, text: str) -> None:
    """Make the users of a `users.acl`; `default` stays on, so that who tests can look at everything. Closes `admin`."""
    for line in text.splitlines():
        _, user, *rules = _words(line)
        if user != "default":
            admin.execute_command("ACL", "SETUSER", user, *rules)
    admin.close()


def _words(line: str) -> list[str]:
    """Split at spaces, selectors in one piece."""
    words: list[str] = []
    for word in line.split():
        if words and words[-1].startswith("(") and not words[-1].endswith(")"):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words
