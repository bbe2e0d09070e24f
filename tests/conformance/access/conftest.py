"""A real server for each of broker and ledger, with the users that deploy/access.py makes."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from exconn.contracts import Kind, Service
from exconn.contracts.work import Echo
from exconn.coordinator.load_functions import libraries
from exconn.keyspace import load
from exconn.ledger import NewJob
from tests.support.machine.valkey import RestartableValkey
from tests.support.system.deploy_programs import program
from tests.support.system.server_users import load_users

#: The job that these tests insert.
JOB = NewJob(
    kind=Kind.ECHO,
    connector="demo",
    service=Service.DISCOVERY,
    payload=Echo(text="kept").model_dump_json(),
    idempotency_key="one",
)

REQUESTER = "requester-hr"


@dataclass(frozen=True)
class Guarded:
    """Servers with users, and what the users' clients are made of."""

    folder: Path
    servers: dict[str, RestartableValkey]

    def url(self, user: str, server: str) -> str:
        """The URL that the user's service is given."""
        place = user.replace("requester-", "requesters/")
        return (self.folder / place / f"{server}-url").read_text(encoding="utf-8").strip()

    def may(self, user: str, server: str, *command: str) -> bool:
        """Whether the server would let the user do it, as it says itself."""
        return self.verdicts(user, server, [command])[0]

    def verdicts(self, user: str, server: str, commands: Sequence[tuple[str, ...]]) -> list[bool]:
        """The same for many commands at once. A command that is written wrongly is an error, not a refusal."""
        with self.servers[server].client() as admin, admin.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command("ACL", "DRYRUN", user, *command)
            return [str(answer) == "OK" for answer in pipe.execute()]

    def users(self, server: str) -> list[str]:
        """Who has a user there."""
        with self.servers[server].client() as admin:
            return list(admin.execute_command("ACL", "USERS"))


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """deploy/access.py."""
    return program("access")


@pytest.fixture(scope="session")
def guarded(generator: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Both servers, users and functions loaded. `default` stays on here, so that tests can ask and look."""
    with guarded_servers(generator, tmp_path_factory.mktemp("access")) as found:
        with contextlib.closing(found.servers["ledger"].client()) as admin:
            for library in libraries():
                load(admin, library)
        yield found


@contextlib.contextmanager
def guarded_servers(generator: ModuleType, folder: Path) -> Iterator[Guarded]:
    """Both servers with their users."""
    servers = {name: RestartableValkey(folder / f"data-{name}") for name in ("broker", "ledger")}
    try:
        for server in servers.values():
            server.start()
        addresses = {name: server.url for name, server in servers.items()}
        generator.write_access(folder, ("hr",), addresses)
        for name, server in servers.items():
            load_users(server.client(), (folder / name / "users.acl").read_text(encoding="utf-8"))
        yield Guarded(folder, servers)
    finally:
        for server in servers.values():
            server.stop()
