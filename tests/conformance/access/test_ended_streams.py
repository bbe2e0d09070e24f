"""Who may write a record can end a stream with the highest id: nothing is done off the record, and it is mended."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.coordinator.load_functions import libraries
from exconn.coordinator.mend_streams import streams_of
from exconn.keyspace import Functions, StreamEndedError, connect, keys, load
from exconn.keyspace.ended_stream import HIGHEST, LIBRARY
from exconn.keyspace.ended_stream import mend as mend_stream
from exconn.ledger import Ledger, LedgerOutOfReachError
from exconn.stream import Number
from tests.conformance.access.conftest import JOB, Guarded, guarded_servers
from tests.conformance.access.test_endless_scripts import at_server
from tests.support.streams.records import messages_of


@pytest.fixture
def own(generator: ModuleType, tmp_path: Path) -> Iterator[Guarded]:
    """Servers of this test's own."""
    with guarded_servers(generator, tmp_path) as found:
        with contextlib.closing(found.servers["ledger"].client()) as admin:
            for library in libraries():
                load(admin, library)
        yield found


@pytest.fixture
def intake(own: Guarded) -> Iterator["redis.Redis"]:
    with contextlib.closing(connect(own.url("intake", "ledger"))) as client:
        yield client


def end_the_stream(own: Guarded) -> None:
    """What a service that has fallen can do with one command."""
    with contextlib.closing(connect(own.url("policy", "ledger"))) as fallen:
        fallen.xadd(keys.STATUS, {"v": "1"}, id=HIGHEST)


def mend(own: Guarded) -> tuple[int, Mapping[str, list[str]]] | None:
    """What `mend-streams` does, with the rights of the user `auditor`."""
    with contextlib.closing(at_server(own, "ledger", "auditor")) as auditor:
        assert keys.STATUS in streams_of(auditor)
        return mend_stream(Functions(auditor, LIBRARY), keys.STATUS)


def test_nothing_is_done_off_the_record_of_a_stream_that_has_ended(own: Guarded, intake: "redis.Redis") -> None:
    ledger, store = Ledger(intake), ConnectorStore(intake)
    first = ledger.insert(JOB).job_id
    store.apply(parse_definition(sample_definition("north")), "anna")
    end_the_stream(own)
    before = state_of(own)

    with pytest.raises(LedgerOutOfReachError, match=r"exconn:status takes no more records.*mend-streams"):
        ledger.insert(replace(JOB, idempotency_key="two"))
    with pytest.raises(LedgerOutOfReachError):
        ledger.cancel(first, by="anna")
    with pytest.raises(StreamEndedError) as ended:
        store.remove("north", "anna")

    assert ended.value.stream == keys.STATUS
    assert state_of(own) == before


def test_it_is_mended_and_goes_on_with_nothing_lost(own: Guarded, intake: "redis.Redis") -> None:
    ledger, store = Ledger(intake), ConnectorStore(intake)
    first = ledger.insert(JOB).job_id
    store.apply(parse_definition(sample_definition("north")), "anna")
    end_the_stream(own)
    with pytest.raises(LedgerOutOfReachError):
        ledger.cancel(first, by="anna")

    assert mend(own) == (2, {HIGHEST: ["v", "1"]})

    assert mend(own) is None
    assert ledger.cancel(first, by="anna") == "cancelled"
    store.remove("north", "anna")
    with contextlib.closing(own.servers["ledger"].client()) as admin:
        told = messages_of(admin)
    assert [message.sequence for message in told] == [1, 2, 3, 4]
    assert [message.number for message in told[2:]] == [Number.JOB_CANCELLED, Number.CONNECTOR_REMOVED]


def test_no_service_may_mend_a_stream(own: Guarded) -> None:
    for user in ("deploy", "coordinator", "intake", "discovery", "policy", "actions", "monitor"):
        assert not own.may(user, "ledger", "DEL", keys.STATUS)


def state_of(own: Guarded) -> dict[str, bytes]:
    """Everything that the ledger's server has."""
    with contextlib.closing(own.servers["ledger"].client()) as admin:
        raw = redis.Redis.from_url(own.servers["ledger"].url)
        return {name: raw.dump(name) for name in sorted(admin.keys("exconn:*"))}  # type: ignore[misc]
