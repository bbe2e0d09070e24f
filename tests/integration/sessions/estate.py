"""Two sites with three servers, a connector to the first of them, and a process's sessions to look at."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from exconn.connector import ConnectorStore, parse_definition
from exconn.sessions import Sessions
from exconn.stream import Number, StatusMessage
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.streams.records import messages_of

if TYPE_CHECKING:
    import redis

CONNECTOR = "estate"
SERVERS = (
    {"name": "EX1", "site": "Berlin", "host": "127.0.0.1"},
    {"name": "EX2", "site": "Berlin", "host": "127.0.0.2"},
    {"name": "EX3", "site": "Paris", "host": "127.0.0.3"},
    {"name": "EDGE", "site": "Berlin", "host": "127.0.0.4", "roles": "edge"},
)
#: Hosts that are names in no domain: each is named as one.
DOMAINS = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
PAUSE = timedelta(milliseconds=400)


@dataclass
class Estate:
    """The organization, its connector, and sessions of this process."""

    simulator: RunningSimulator
    client: "redis.Redis"
    opened: list[Sessions] = field(default_factory=list)

    def apply(self, *, sites: tuple[str, ...] = (), password: Path | None = None, **exchange: object) -> None:
        """Apply a definition: EX1 alone, or the named servers as the addresses of their sites."""
        settings = "\n".join(f"{name} = {json.dumps(value)}" for name, value in exchange.items())
        named = "\n".join(
            f'[[exchange.servers]]\nsite = "{each["site"]}"\nurl = "{each["url"]}"'
            for each in self.servers.values()
            if each["name"] in sites
        )
        address = named or f'url = "{self.simulator.url}"'
        text = (
            f'name = "{CONNECTOR}"\n[exchange]\nauth = "basic"\nca_file = "{self.simulator.ca_file}"\n'
            f"{settings}\n{address}\n{self.simulator.account_tables(password)}"
        )
        ConnectorStore(self.client).apply(parse_definition(text), by="test")

    @property
    def servers(self) -> dict[str, dict[str, object]]:
        """What the simulator says of each server."""
        return {each["name"]: each for each in self.simulator.control("GET", "/servers")["servers"]}

    def enter(self, server: str, state: str) -> None:
        """Put a server into a state."""
        self.simulator.control("POST", f"/servers/{server}", {"state": state})

    def sessions(self, **pauses: timedelta) -> Sessions:
        """The sessions of one more process, with short pauses between tries of a silent server."""
        every = {"first_pause": PAUSE, "longest_pause": PAUSE} | pauses
        made = Sessions(self.client, first_pause=every["first_pause"], longest_pause=every["longest_pause"])
        self.opened.append(made)
        return made

    def server_of(self, sessions: Sessions, role: str = "discovery") -> str:
        """The server that a session is opened on."""
        with sessions.open(CONNECTOR, role) as session:  # type: ignore[arg-type]
            session.organization_settings()
            return session.server

    def told(self, number: Number) -> list[StatusMessage]:
        """The status messages of that number."""
        found = messages_of(self.client)
        return [message for message in found if message.number == number]

    def close(self) -> None:
        """End the sessions."""
        for sessions in self.opened:
            sessions.close()


@contextmanager
def running_estate(place: Path, client: "redis.Redis", **settings: object) -> Iterator[Estate]:
    """An estate of its own; ended at the end."""
    given = {"devices": 20, "servers": json.dumps(SERVERS)} | settings
    with running_simulator(place, **given) as simulator:  # type: ignore[arg-type]
        estate = Estate(simulator, client)
        try:
            yield estate
        finally:
            estate.close()
