"""Who may write a record can end a stream with the highest id: nothing is done off the record, and it is mended."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.coordinator.load_functions import libraries
from exconn.coordinator.mend_streams import streams_of
from exconn.keyspace import Functions, StreamEndedError, connect, keys, load
from exconn.keyspace.ended_stream import HIGHEST, LIBRARY, Mended
from exconn.keyspace.ended_stream import mend as mend_stream
from exconn.ledger import Ledger, LedgerOutOfReachError
from exconn.stream import Number
from tests.conformance.access.conftest import JOB, Guarded, guarded_servers
from tests.conformance.access.test_endless_scripts import at_server
from tests.support.streams.records import records_of


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


def end_the_stream(own: Guarded, *, by: str = HIGHEST) -> None:
    """What a service that has fallen can do with one command."""
    with contextlib.closing(connect(own.url("policy", "ledger"))) as fallen:
        fallen.xadd(keys.STATUS, {"v": "1"}, id=by)


def mend(own: Guarded) -> Mended | None:
    """What `mend-streams` does, with the rights of the user `auditor`."""
    with contextlib.closing(at_server(own, "ledger", "auditor")) as auditor:
        assert keys.STATUS in streams_of(auditor)
        return mend_stream(Functions(auditor, LIBRARY), keys.STATUS)


@pytest.mark.parametrize(
    "last",
    [HIGHEST, "18446744073709551615-18446744073709551614", "18446744073709551614-18446744073709551615", f"{10**15}-0"],
)
def test_nothing_is_done_off_the_record_of_a_stream_that_has_ended(
    own: Guarded, intake: "redis.Redis", last: str
) -> None:
    """Also where ids are left for some records: a call that writes one more than that would be half done."""
    ledger, store = Ledger(intake), ConnectorStore(intake)
    first = ledger.insert(JOB).job_id
    store.apply(parse_definition(sample_definition("north")), "anna")
    end_the_stream(own, by=last)
    before = state_of(own)

    with pytest.raises(LedgerOutOfReachError, match=r"exconn:status takes no more records.*mend-streams"):
        ledger.insert(replace(JOB, idempotency_key="two"))
    with pytest.raises(LedgerOutOfReachError):
        ledger.cancel(first, by="anna")
    with pytest.raises(StreamEndedError) as ended:
        store.remove("north", "anna")

    assert ended.value.stream == keys.STATUS
    assert state_of(own) == before
    assert mend(own) is not None
    assert ledger.cancel(first, by="anna") == "cancelled"


def test_the_user_of_an_upgrade_does_nothing_off_the_record_either(own: Guarded, intake: "redis.Redis") -> None:
    first = Ledger(intake).insert(JOB).job_id
    with contextlib.closing(connect(own.url("deploy", "ledger"))) as client:
        client.set(keys.cancelled(first), "1")
        end_the_stream(own)
        before = state_of(own)

        with pytest.raises(LedgerOutOfReachError):
            Ledger(client).cancel(first, by="carry-over")

    assert state_of(own) == before


def test_nobody_who_is_to_look_whether_a_stream_has_ended_is_refused_that(own: Guarded, intake: "redis.Redis") -> None:
    ledger = Ledger(intake)
    ledger.insert(JOB)
    for user in ("deploy", "coordinator", "discovery", "policy", "actions"):
        with contextlib.closing(connect(own.url(user, "ledger"))) as client:
            Ledger(client).time()

    with contextlib.closing(own.servers["ledger"].client()) as admin:
        refused = {str(entry["object"]) for entry in admin.acl_log() if entry["reason"] == "command"}
    assert "xinfo|stream" not in refused


def test_it_is_mended_and_goes_on_with_nothing_lost(own: Guarded, intake: "redis.Redis") -> None:
    ledger, store = Ledger(intake), ConnectorStore(intake)
    first = ledger.insert(JOB).job_id
    store.apply(parse_definition(sample_definition("north")), "anna")
    end_the_stream(own)
    with pytest.raises(LedgerOutOfReachError):
        ledger.cancel(first, by="anna")

    assert mend(own) == Mended(kept=2, ended_by={HIGHEST: ["v", "1"]})

    assert mend(own) is None
    assert ledger.cancel(first, by="anna") == "cancelled"
    store.remove("north", "anna")
    numbers = [number for _, number in told_in(own)]
    assert numbers[2:] == [Number.JOB_CANCELLED, Number.CONNECTOR_REMOVED]


def test_what_was_recorded_behind_a_record_dated_ahead_stays(own: Guarded, intake: "redis.Redis") -> None:
    """The server goes on from the highest id that it has seen, so the ids of honest records are ahead as well."""
    ledger = Ledger(intake)
    first = ledger.insert(JOB).job_id
    end_the_stream(own, by=f"{int((datetime.now(UTC) + timedelta(days=400)).timestamp() * 1000)}-0")
    assert mend(own) is None
    ledger.insert(replace(JOB, idempotency_key="two"))
    ledger.cancel(first, by="anna")
    before = told_in(own)
    end_the_stream(own)

    assert mend(own) == Mended(kept=4, ended_by={HIGHEST: ["v", "1"]})

    assert told_in(own) == before
    assert mend(own) is None
    ledger.insert(replace(JOB, idempotency_key="three"))
    assert [number for _, number in told_in(own)[len(before) :]] == [Number.JOB_QUEUED]


@pytest.mark.parametrize("is_ended", [False, True])
def test_a_stream_whose_last_id_has_no_room_behind_it_is_mended_for_good(
    own: Guarded, intake: "redis.Redis", is_ended: bool
) -> None:
    """That id is of a date that a clock could show, and the one behind it is not."""
    ledger = Ledger(intake)
    first = ledger.insert(JOB).job_id
    end_the_stream(own, by=f"{10**15 - 1}-18446744073709551615")
    if is_ended:
        end_the_stream(own)
    else:
        ledger.insert(replace(JOB, idempotency_key="two"))

    assert mend(own) is not None

    assert mend(own) is None
    ledger.insert(replace(JOB, idempotency_key="three"))
    assert ledger.cancel(first, by="anna") == "cancelled"


def test_a_record_that_is_too_wide_to_be_written_again_costs_no_other(own: Guarded, intake: "redis.Redis") -> None:
    Ledger(intake).insert(JOB)
    wide = {f"f{n}": "" for n in range(5000)}
    with contextlib.closing(connect(own.url("policy", "ledger"))) as fallen:
        fallen.xadd(keys.STATUS, wide)  # type: ignore[arg-type]
    Ledger(intake).insert(replace(JOB, idempotency_key="two"))
    end_the_stream(own)

    mended = mend(own)

    assert mended is not None
    assert (mended.kept, len(mended.too_wide)) == (2, 1)
    assert [number for _, number in told_in(own)] == [Number.JOB_QUEUED, Number.JOB_QUEUED]
    assert mend(own) is None


def test_a_stream_is_mended_on_a_server_whose_memory_is_full(own: Guarded, intake: "redis.Redis") -> None:
    Ledger(intake).insert(JOB)
    end_the_stream(own)
    with contextlib.closing(own.servers["ledger"].client()) as admin:
        admin.config_set("maxmemory", 1)
        assert mend(own) is not None
        admin.config_set("maxmemory", 0)

    assert [number for _, number in told_in(own)] == [Number.JOB_QUEUED]


def test_no_service_may_mend_a_stream(own: Guarded) -> None:
    for user in ("deploy", "coordinator", "intake", "discovery", "policy", "actions", "monitor"):
        assert not own.may(user, "ledger", "DEL", keys.STATUS)


def told_in(own: Guarded) -> list[tuple[str, Number]]:
    """Every message: its record's id, and its number."""
    with contextlib.closing(own.servers["ledger"].client()) as admin:
        found = [(record, fields) for record, fields in records_of(admin, keys.STATUS) if "n" in fields]
    return [(record, Number(int(fields["n"]))) for record, fields in found]


def state_of(own: Guarded) -> dict[str, bytes]:
    """Everything that the ledger's server has."""
    with contextlib.closing(own.servers["ledger"].client()) as admin:
        raw = redis.Redis.from_url(own.servers["ledger"].url)
        return {name: raw.dump(name) for name in sorted(admin.keys("exconn:*"))}  # type: ignore[misc]
