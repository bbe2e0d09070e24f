"""Each rule of the random walk finds what breaks it, and is silent where all is well."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from exconn.contracts import HoldReason
from exconn.stream import Number
from tests.support.fault_runs.walk.indexes import UNWRITTEN, Snapshot
from tests.support.fault_runs.walk.record import Record
from tests.support.fault_runs.walk.rules import index_violations, mark_violations, parent_violations

WINDOW = (2, 1000)
NOTHING: frozenset[str] = frozenset()
Records = Sequence[Mapping[str, str]]
#: What a record says in its data; anything else is a field of its own.
DATA = ("purpose", "valid_until", "known", "held_for", "requester", "superseded_by", "resumed_by", "asked_by")


def a_job(state: str, **fields: Any) -> dict[str, Any]:
    return {**UNWRITTEN, "kind": "wipe", "expires": -1, "state": state, **fields}


def a_snapshot(jobs: Mapping[str, Mapping[str, Any]] | None = None, **changes: Any) -> Snapshot:
    indexes = ("due", "paused", "parked", "in_flight", "looks", "rings", "unsettled", "settled")
    plain: dict[str, Any] = {"open": {}, "sequence": 0, "switch": "", "records": ()}
    return Snapshot(**{"jobs": jobs or {}, **dict.fromkeys(indexes, NOTHING), **plain, **changes})


def a_record(sequence: int, number: Number, job: str = "wipe-1", *, at: int = 0, **fields: Any) -> dict[str, str]:
    data = {name: fields.pop(name) for name in DATA if name in fields}
    plain = {"id": f"{sequence}-0", "v": "1", "seq": str(sequence), "n": str(int(number)), "at": str(at), "job": job}
    plain |= {"connector": "walk", "kind": "", "phase": "", "by": ""}
    return {**plain, "epoch": "0", "state": "queued", "data": json.dumps(data), **fields}


def found(records: Records, jobs: Mapping[str, Mapping[str, Any]] | None = None, switch: str = "running") -> list[str]:
    sequence = int(records[-1]["seq"]) if records else 0
    return list(Record().take(a_snapshot(jobs, records=tuple(records), sequence=sequence, switch=switch), WINDOW))


RESUMED = a_record(1, Number.BRAKE_RESUMED, "")
QUEUED = a_record(2, Number.JOB_QUEUED)


def begun(sequence: int, job: str = "wipe-1", *, at: int = 0) -> dict[str, str]:
    return a_record(sequence, Number.ISSUING, job, at=at, purpose="issue")


#: Index -> a job that belongs in it.
MEMBERS = {
    "due": a_job("queued"),
    "paused": a_job("waiting", wait="switch"),
    "parked": a_job("waiting", wait="credit"),
    "in_flight": a_job("held", credit="1") | {"state": "queued"},
    "looks": a_job("held", phase="sent", reason=HoldReason.NOT_ARMED),
    "unsettled": a_job("held"),
    "settled": a_job("settled"),
}


@pytest.mark.parametrize("index", MEMBERS)
def test_a_job_that_lacks_in_an_index_is_found(index: str) -> None:
    assert any(f"the index {index} lacks one" in text for text in index_violations(a_snapshot({"one": MEMBERS[index]})))


@pytest.mark.parametrize("index", MEMBERS)
def test_a_job_that_an_index_holds_wrongly_is_found(index: str) -> None:
    job = a_job("settled", expires=5)
    sentences = list(index_violations(a_snapshot({"one": job}, **{index: frozenset({"one"})})))

    assert sentences == [f"the index {index} wrongly holds one: settled  epoch 0"]


def test_a_job_that_stands_where_it_belongs_breaks_no_rule() -> None:
    one = frozenset({"one"})
    held = a_job("held", phase="sent", reason=HoldReason.NOT_ARMED, device="d", cancel="0")
    now = a_snapshot({"one": held}, looks=one, unsettled=one, rings=one, open={"d": "one"})

    assert [*index_violations(now), *parent_violations(now), *mark_violations(now)] == []


def test_counted_rings_of_a_job_that_has_ended_are_found() -> None:
    sentences = index_violations(a_snapshot({"one": a_job("settled", expires=5)}, rings=frozenset({"one"})))

    assert list(sentences) == ["rings are counted of one: settled  epoch 0"]


@pytest.mark.parametrize("open_", [{}, {"d": "another"}], ids=["none", "another job"])
def test_a_device_whose_open_action_is_not_the_indexed_one_is_found(open_: dict[str, str]) -> None:
    one = frozenset({"one"})

    assert list(index_violations(a_snapshot({"one": a_job("held", device="d")}, unsettled=one, open=open_)))


def test_two_open_actions_for_one_device_are_found() -> None:
    jobs = {name: a_job("held", device="d") for name in ("one", "two")}
    sentences = list(index_violations(a_snapshot(jobs, unsettled=frozenset(jobs), open={"d": "two"})))

    assert sentences == ["2 actions are open for d"]


def test_a_sweep_that_counts_wrongly_or_waits_for_nothing_is_found() -> None:
    sweep = a_job("waiting", kind="sweep", wait="children", pending="2")
    part = a_job("queued", kind="partition", parent="one", generation="0")

    assert list(parent_violations(a_snapshot({"one": sweep, "two": part}))) == ["one counts 2 parts and has 1"]
    assert list(parent_violations(a_snapshot({"one": sweep | {"pending": "0"}}))) == [
        "one waits for parts that it does not have"
    ]


@pytest.mark.parametrize(
    ("job", "count"),
    [
        (a_job("held", cancel="1", begun="0", reason=HoldReason.CANCEL_WANTED), 1),
        (a_job("held", cancel="1", begun="1", reason=HoldReason.NOT_ARMED), 1),
        (a_job("held", cancel="1", begun="1", reason=HoldReason.CANCEL_WANTED), 0),
        (a_job("held", cancel="0", begun="1", reason=HoldReason.NOT_ARMED), 0),
        (a_job("waiting", cancel="1", begun="1", reason=HoldReason.NOT_ARMED), 0),
    ],
    ids=["not begun", "says another reason", "says that it was cancelled", "not cancelled", "not held"],
)
def test_a_held_job_with_a_mark_that_nobody_has_seen_is_found(job: dict[str, Any], count: int) -> None:
    assert len(list(mark_violations(a_snapshot({"one": job})))) == count


def test_a_record_without_a_fault_breaks_no_rule() -> None:
    records = [
        RESUMED,
        a_record(2, Number.JOB_QUEUED, valid_until=100),
        a_record(3, Number.JOB_CLAIMED, epoch="1", state="claimed"),
        begun(4, at=99) | {"epoch": "1"},
        a_record(5, Number.JOB_SUCCEEDED, epoch="1", state="settled"),
        a_record(21, Number.LEDGER_SET_BACK, "", known=20),
        a_record(22, Number.BRAKE_PAUSED, ""),
        a_record(23, Number.JOB_QUEUED, "wipe-2", valid_until=100),
        a_record(24, Number.JOB_EXPIRED, "wipe-2", state="settled", at=100),
    ]

    assert found(records, {"wipe-1": a_job("settled", begun="1")}, switch="") == []


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([RESUMED, a_record(3, Number.JOB_QUEUED)], "record 3 follows record 1"),
        ([RESUMED, a_record(2, Number.LEDGER_SET_BACK, "", known=9)], "record 2 follows record 9"),
        (
            [RESUMED, QUEUED, a_record(3, Number.JOB_SUCCEEDED, state="settled"), a_record(4, Number.JOB_HELD)],
            f"record 4 ({Number.JOB_HELD}) of wipe-1 comes after its end",
        ),
        (
            [RESUMED, a_record(2, Number.JOB_HELD, epoch="2"), a_record(3, Number.JOB_HELD, epoch="1")],
            "wipe-1 goes back from epoch 2 to 1",
        ),
        (
            [RESUMED, *(a_record(n, Number.JOB_CLAIMED, epoch="1", state="claimed") for n in (2, 3))],
            "wipe-1 was claimed twice in epoch 1",
        ),
        (
            [RESUMED, begun(2, "a", at=0), begun(3, "b", at=1), begun(4, "c", at=2)],
            "c began as number 3 within 1000 ms, where 2 may",
        ),
        ([RESUMED, a_record(2, Number.BRAKE_PAUSED, ""), begun(3)], "wipe-1 began while the kill switch was on"),
        (
            [RESUMED, a_record(2, Number.JOB_QUEUED, valid_until=100), begun(3, at=100)],
            "wipe-1 began 0 ms after it had expired",
        ),
        (
            [
                RESUMED,
                a_record(2, Number.JOB_QUEUED, valid_until=100),
                a_record(3, Number.JOB_EXPIRED, at=99, state="settled"),
            ],
            "wipe-1 expired before its time",
        ),
        (
            [
                RESUMED,
                a_record(2, Number.JOB_QUEUED, requester="anna"),
                a_record(3, Number.JOB_CANCELLED, state="settled", superseded_by="wipe-2"),
                a_record(4, Number.JOB_QUEUED, "wipe-2", requester="anna"),
            ],
            "wipe-1 of anna gave way to wipe-2 of anna",
        ),
        (
            [RESUMED, begun(2), a_record(3, Number.JOB_CANCELLED, state="settled", superseded_by="wipe-2")],
            "wipe-1 had begun, and gave way to wipe-2",
        ),
        (
            [RESUMED, begun(2), a_record(3, Number.JOB_EXPIRED, state="settled")],
            "wipe-1 had begun, and ended as expired",
        ),
    ],
)
def test_a_record_that_breaks_a_rule_is_found(records: Records, sentence: str) -> None:
    assert sentence in found(records)


def resumed(*pausers: str, **fields: Any) -> list[str]:
    """What is found where anna resumes, of whom an action waits since these paused, and since the last one."""
    records = [a_record(2, Number.JOB_QUEUED, requester="anna")]
    records += [a_record(3 + place, Number.BRAKE_PAUSED, "", by=by) for place, by in enumerate(pausers)]
    stopped = a_record(len(records) + 2, Number.JOB_PAUSED, state="waiting")
    return found([RESUMED, *records, stopped, a_record(len(records) + 3, Number.BRAKE_RESUMED, "", **fields)])


@pytest.mark.parametrize("pausers", [("boss",), ("boss", "anna"), ("anna", "boss")])
def test_who_resumes_what_another_one_paused_while_an_action_of_hers_waits_is_found(pausers: tuple[str, ...]) -> None:
    assert resumed(*pausers, resumed_by="anna") == ["anna, of whom an action waits, resumed though boss had paused"]


def test_who_may_resume_breaks_no_rule() -> None:
    assert resumed("anna", "anna", resumed_by="anna") == []
    assert resumed("boss", "anna", resumed_by="boss") == []
    assert resumed("boss", resumed_by="anna", asked_by="carla") == []


def test_two_jobs_that_began_for_one_request_are_found() -> None:
    jobs = {name: a_job("settled", begun="1", payload='{"nonce": "n"}') for name in ("wipe-1", "wipe-2")}

    assert found([RESUMED, begun(2, "wipe-1"), begun(3, "wipe-2")], jobs) == [
        "wipe-2 began for what wipe-1 had begun for"
    ]


def test_a_token_that_somebody_granted_passes_the_breaker() -> None:
    granted = a_record(4, Number.JOB_RELEASED, "c", held_for=HoldReason.BREAKER)
    jobs = {name: a_job("claimed", begun="1") for name in "abc"}

    assert found([RESUMED, begun(2, "a"), begun(3, "b"), granted, begun(5, "c")], jobs) == []


def test_a_count_of_beginnings_that_is_not_on_record_is_found() -> None:
    assert found([RESUMED], {"one": a_job("held", begun="1")}) == ["one has begun 1 times, 0 are on record"]


def test_a_sequence_without_its_record_is_found() -> None:
    assert list(Record().take(a_snapshot(sequence=1), WINDOW)) == ["the sequence is 1, the last record 0"]


def test_a_switch_that_stands_otherwise_than_on_record_is_found() -> None:
    assert found([RESUMED], switch="") == ["the switch is absent, and on record as running"]
    assert found([], switch="running") == ["the switch is running, and on record as paused"]


def test_an_end_that_changes_later_is_found() -> None:
    record = Record()
    job = a_job("settled", outcome="failed", reason="")
    list(record.take(a_snapshot({"one": job}), WINDOW))

    (sentence,) = record.take(a_snapshot({"one": job | {"reason": "not_armed"}}), WINDOW)

    assert sentence.startswith("one had ended as ('failed'")
