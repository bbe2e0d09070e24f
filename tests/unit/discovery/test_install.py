"""An installation while somebody corrects the definition: what the servers of the older one said counts no more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import KINDS, Kind, WaitReason
from exconn.contracts.work import Install
from exconn.discovery.install import InstallHandler
from exconn.doorbell import JobTask
from exconn.exchange import Unreachable
from exconn.ledger import Job, Ledger, NewJob, Outcome
from exconn.sessions import Sessions
from exconn.stream import Number
from tests.support.streams.records import messages_of

NAME = "contoso"
OLD, NEW = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


class SlowSessions:
    """Servers that tell by the newest definition's address whose they are; `meanwhile` happens before they answer."""

    def __init__(self, store: ConnectorStore) -> None:
        self.store = store
        self.meanwhile: Callable[[], object] = lambda: None
        self.fails = False

    @contextmanager
    def open(self, connector: str, _role: str, *, need: str, insistent: bool) -> Iterator[Any]:
        organization = NEW if "new." in str(self.store.definition(connector).exchange) else OLD
        happens, self.meanwhile = self.meanwhile, lambda: None
        happens()
        if self.fails:
            self.fails = False
            raise Unreachable("ex01", "refused")
        yield Organization(organization)


class Organization:
    """A session with every right."""

    hosted = False

    def __init__(self, guid: str) -> None:
        self._guid = guid

    def lacks(self, _requirements: object) -> dict[object, str]:
        return {}

    def organization_settings(self, _gaps: object) -> SimpleNamespace:
        return SimpleNamespace(guid=self._guid)


class Installing:
    """An installation, one doorbell at a time."""

    def __init__(self, client: redis.Redis, key: str = "i") -> None:
        self.client = client
        self.store, self.ledger = ConnectorStore(client), Ledger(client)
        self.sessions = SlowSessions(self.store)
        if self.store.find(NAME) is None:
            self.store.apply(parse_definition(sample_definition(NAME)), "anna")
        row = KINDS[Kind.INSTALL]
        work = Install().model_dump_json()
        new = NewJob(kind=Kind.INSTALL, connector=NAME, payload=work, idempotency_key=key, service=row.service)
        self.job_id = self.ledger.insert(new).job_id
        handler = InstallHandler(sessions=cast("Sessions", self.sessions), store=self.store)
        self.task = JobTask(self.ledger, {Kind.INSTALL: handler}, worker="one", rings=lambda *_: None)

    def correct(self) -> None:
        corrected = sample_definition(NAME, url="https://new.example.org/PowerShell/")
        self.store.apply(parse_definition(corrected), "anna")

    def run(self) -> Job:
        self.task(self.job_id)
        job = self.ledger.job(self.job_id)
        assert job is not None
        return job


@pytest.fixture
def installing(redis_client: redis.Redis) -> Installing:
    return Installing(redis_client)


@pytest.mark.parametrize("fails", [False, True])
def test_a_definition_applied_during_an_installation_installs_what_it_says(installing: Installing, fails: bool) -> None:
    installing.sessions.meanwhile, installing.sessions.fails = installing.correct, fails

    first = installing.run()

    assert (first.reason, installing.store.get(NAME).state) == (WaitReason.NEWER_DEFINITION, "flagged")
    assert installing.store.get(NAME).last_error is None
    assert installing.ledger.doorbells_due(NAME) != []
    done = installing.run()
    state = installing.store.get(NAME)
    assert (done.outcome, state.state, state.revision, state.organization) == (Outcome.SUCCEEDED, "installed", 2, NEW)
    told = [message for message in messages_of(installing.client) if message.number == Number.INSTALLED]
    assert [(message.data["organization"], message.data["revision"]) for message in told] == [(NEW, 2)]


def test_an_installation_that_nobody_corrects_is_done_at_once(installing: Installing) -> None:
    assert installing.run().outcome == Outcome.SUCCEEDED
    assert installing.store.get(NAME).organization == OLD


def test_servers_of_another_organization_than_before_are_not_taken_and_it_is_said_how_they_are(
    installing: Installing,
) -> None:
    installing.run()
    installing.store.pin(NAME, "intake")
    installing.store.remove(NAME, "anna")
    installing.correct()

    Installing(installing.client, key="again").run()

    state = installing.store.get(NAME)
    assert (state.state, state.organization) == ("flagged", None)
    assert f'organization = "{NEW}"' in str(state.last_error)
