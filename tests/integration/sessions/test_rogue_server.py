"""A definition that leads to a thief's server: without bounds of the deployment it gets passwords, within them nothing.

The definition is as whoever stole the key for definitions would write it; the workers are those that run.
"""

import base64
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from exconn.actions.app import handlers as actions
from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts import AccountRole, Kind, WaitReason
from exconn.discovery.app import handlers as discovery
from exconn.doorbell import Handlers
from exconn.exchange import AccountTroubled, Server, Unauthorized
from exconn.policy.app import handlers as policy
from exconn.sessions import Permitted, Sessions, SharedAccount, SilentAnnouncer
from exconn.sessions.connector_account import ConnectorAccount
from exconn.sessions.server_cache import ServerCache
from tests.support.network.hostile_server import Hostile, http_answer, tls_files

CONNECTOR = "north"
HOST = "127.0.0.9"
PASSWORD = "correct-horse"
WORKERS: dict[AccountRole, tuple[Callable[[], Handlers], Kind]] = {
    "discovery": (discovery, Kind.INSTALL),
    "policy": (policy, Kind.PREFLIGHT_POLICY),
    "actions": (actions, Kind.PREFLIGHT_ACTIONS),
}
every_worker = pytest.mark.parametrize("role", list(WORKERS))


class Thief:
    """A server that takes passwords, and a definition that leads to it."""

    def __init__(self, place: Path, client: redis.Redis, server: Hostile, ca_file: Path) -> None:
        self.server = server
        self._client = client
        self._ca_file = ca_file
        self.secrets = place / "secrets"
        self.secrets.mkdir()
        (self.secrets / "password").write_text(PASSWORD + "\n")
        self.ledger_url = place / "ledger-url"
        self.ledger_url.write_text(PASSWORD + "\n")

    def apply(self, password_file: Path | None = None) -> None:
        """Have the newest definition lead here."""
        file = json.dumps(str(password_file or self.secrets / "password"))
        accounts = "".join(
            f'[accounts.{role}]\nusername = "svc-{role}@corp.example"\npassword_file = {file}\n' for role in WORKERS
        )
        text = (
            f'name = "{CONNECTOR}"\n[exchange]\nurl = "{self.server.url}"\nauth = "basic"\n'
            f'ca_file = "{self._ca_file}"\n{accounts}'
        )
        ConnectorStore(self._client).apply(parse_definition(text), "thief")

    @property
    def has_the_password(self) -> bool:
        return any(
            base64.b64encode(f"svc-{role}@corp.example:{PASSWORD}".encode()) in self.server.seen for role in WORKERS
        )


@pytest.fixture
def thief(
    tmp_path: Path, redis_url: str, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Thief]:
    ca_file, tls = tls_files(tmp_path, HOST)
    for name, value in {
        "BROKER_URL": redis_url,
        "LEDGER_URL": redis_url,
        "LEDGER_DURABILITY": "volatile",
        "REQUESTERS_FILE": str(tmp_path / "requesters.toml"),
    }.items():
        monkeypatch.setenv(f"EXCONN_{name}", value)
    with Hostile(lambda _: http_answer(401), tls=tls, host=HOST) as server:
        yield Thief(tmp_path, redis_client, server, ca_file)


def open_session(role: AccountRole) -> None:
    """As the worker of that role does it, with its own settings."""
    handlers, kind = WORKERS[role]
    handler: Any = handlers()[kind]
    sessions: Sessions = handler.sessions
    with sessions.open(CONNECTOR, role):
        pytest.fail("the thief's server opened a session")


@every_worker
def test_without_bounds_the_thief_gets_the_password_of_every_worker(thief: Thief, role: AccountRole) -> None:
    thief.apply()

    with pytest.raises((AccountTroubled, Unauthorized)):
        open_session(role)

    assert thief.has_the_password


@every_worker
@pytest.mark.parametrize(
    "bounds",
    [
        {"EXCHANGE_HOSTS": "*.corp.example,127.0.0.1"},
        {"EXCHANGE_SIGN_INS": "kerberos,ntlm"},
        {"SECRETS_DIR": "outside"},
    ],
    ids=["hosts", "sign-ins", "secrets"],
)
def test_within_any_of_the_bounds_the_thief_sees_nothing(
    thief: Thief, role: AccountRole, bounds: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bounds.items():
        monkeypatch.setenv(f"EXCONN_{name}", value.replace("outside", str(thief.secrets)))
    thief.apply(thief.ledger_url)
    looked_up: list[str] = []
    look_up = socket.getaddrinfo

    def noted(host: Any, *rest: Any, **named: Any) -> Any:
        looked_up.append(str(host))
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", noted)

    with pytest.raises(AccountTroubled) as caught:
        open_session(role)

    assert caught.value.code == WaitReason.NOT_PERMITTED
    assert f"EXCONN_{next(iter(bounds))}" in str(caught.value)
    assert (thief.server.connections, bytes(thief.server.seen)) == (0, b"")
    assert HOST not in looked_up


def test_servers_that_exchange_names_are_left_out_unless_they_are_permitted(redis_client: redis.Redis) -> None:
    names = ("ex1.corp.example", "ex2.corp.example", "ex3.south.corp.example")
    cache = ServerCache(redis_client)
    version, roles = "Version 15.2 (Build 986.5)", ("Mailbox",)
    cache.keep(CONNECTOR, [Server(name, name, "Default", version, roles, mailbox=True) for name in names])
    text = f'name = "{CONNECTOR}"\n[exchange]\nurl = "https://{names[0]}/PowerShell/"\ndomains = ["corp.example"]\n'
    definition = parse_definition(text + '[accounts.discovery]\nusername = "a@CORP"\nkeytab_file = "/keys/a"\n')
    shared = SharedAccount(redis_client, CONNECTOR, "a@CORP", "discovery", seats=(2, 1), announcer=SilentAnnouncer())

    def hosts(*permitted: str) -> set[str]:
        account = ConnectorAccount(
            definition=definition, shared=shared, server_cache=cache, permitted=Permitted(hosts=permitted)
        )
        return {candidate.host for candidate in account.candidates()}

    assert hosts() == set(names)
    assert hosts("ex1.corp.example", "*.south.corp.example") == {names[0], names[2]}
