"""What accounts are asked for is what the code sends: cmdlets and parameters, in both families of names."""

import ast
import inspect
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exconn.contracts import AccountRole
from exconn.exchange import Batch, Command, Dialect, ListChange, Session, requirements_of
from exconn.exchange.cmdlets.dialect import successor_parameter
from exconn.exchange.cmdlets.table import table
from exconn.exchange.rights.exposed import sent_name

ROOT = Path(__file__).parents[4]
#: The code that sends with the account of each role: its service, and what a shared library sends for it.
SENDERS: dict[AccountRole, tuple[str, ...]] = {
    "discovery": ("services/exconn/discovery/*.py", "shared/exconn/sessions/server_list.py"),
    "policy": ("services/exconn/policy/*.py",),
    "actions": ("services/exconn/actions/**/*.py",),
}
#: Asked for already, so that a sweep that lists owners by a filter finds its right in place.
PROMISED = {"Get-CASMailbox": {"Filter"}}
SETTINGS = ("PasswordEnabled", "MaxInactivityTimeLock")
SAMPLES: dict[str, Any] = {
    "identity": "11111111-2222-3333-4444-555555555555",
    "mailbox": "11111111-2222-3333-4444-555555555555",
    "servers": (),
    "values": {"PasswordEnabled": True, "MaxInactivityTimeLock": timedelta(minutes=15)},
    "domain_controller": "dc01.contoso.example",
    "cancel": True,
    "fresh": True,
    "account_only": True,
    "notify": ("admin@contoso.example",),
    "allowed": ListChange(add=("A1",)),
    "blocked": ListChange(remove=("A1",)),
}
RECORD = {"Guid": "11111111-2222-3333-4444-555555555555", "DistinguishedName": "CN=a", "Name": "a"}


class Listener:
    """A way to Exchange that only notes what is sent."""

    idle_limit = None
    answering_server = ""
    server, session_id = "exchange.contoso.example", "1"

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.sent: list[Command] = []

    def open(self) -> None:
        """Nothing to open."""

    def run(self, command: Command) -> Iterator[Batch]:
        if command.cmdlet == "Get-Command":
            newer = self.dialect == "MobileDevice"
            yield Batch([{"Name": name} for name in command.parameters["Name"] if newer or "MobileDevice" not in name])
            return
        self.sent.append(command)
        yield Batch([RECORD])

    def close(self) -> None:
        """Nothing to close."""


def calls_of(role: AccountRole) -> set[tuple[str, frozenset[str]]]:
    """The session's methods that a worker calls, each with the keywords that it gives."""
    methods = {name for name, _ in inspect.getmembers(Session, inspect.isfunction) if not name.startswith("_")}
    found = set()
    for path in (path for pattern in SENDERS[role] for path in ROOT.glob(pattern)):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
                receiver = ast.unparse(node.func.value)
                if receiver.endswith("session"):
                    found.add((node.func.attr, frozenset(each.arg for each in node.keywords if each.arg)))
    return found


def sent_by(role: AccountRole, dialect: Dialect) -> list[Command]:
    """What a session sends for all of a worker's calls."""
    listener = Listener(dialect)
    session = Session(listener, hosted=False)
    session._prepare(())
    for name, keywords in sorted(calls_of(role), key=str):
        method = getattr(session, name)
        parameters = inspect.signature(method).parameters.values()
        positional = [SAMPLES[p.name] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
        answer = method(*positional, **{keyword: SAMPLES[keyword] for keyword in keywords})
        if isinstance(answer, Iterator):
            list(answer)
    return listener.sent


def needed_by(role: AccountRole, dialect: Dialect) -> dict[str, set[str]]:
    """What the table says, by the names of the dialect."""
    found: dict[str, set[str]] = {}
    for each in requirements_of(role, settings=SETTINGS):
        name = sent_name(each.cmdlet, dialect)
        own = (successor_parameter(each.cmdlet, p) if name != each.cmdlet else p for p in each.parameters)
        found.setdefault(name, set()).update(own)
    return found


@pytest.mark.parametrize("dialect", ["ActiveSync", "MobileDevice"])
@pytest.mark.parametrize("role", SENDERS)
def test_what_a_worker_sends_is_what_its_account_is_asked_for_no_more_and_no_less(
    role: AccountRole, dialect: Dialect
) -> None:
    sent: dict[str, set[str]] = {}
    common = table()["Get-Command"].parameters.keys() - {"Name", "CommandType"}
    for command in sent_by(role, dialect):
        sent.setdefault(command.cmdlet, set()).update(command.parameters.keys() - common)

    needed = needed_by(role, dialect)
    assert {name: own - (PROMISED.get(name, set()) - sent.get(name, set())) for name, own in needed.items()} == sent


def test_no_worker_sends_commands_beside_the_sessions_methods() -> None:
    assert {name for role in SENDERS for name, _ in calls_of(role)} & {"run", "stream"} == set()


def test_the_workers_are_seen_to_call_their_sessions() -> None:
    assert ("organization_settings", frozenset()) in calls_of("discovery")
    assert ("clear_device", frozenset({"cancel", "domain_controller"})) in calls_of("actions")
