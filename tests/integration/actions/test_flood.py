"""A flood of one requester, with real workers: what is over the limit costs Exchange nothing, and others nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.contracts import HoldReason
from exconn.ledger import Ledger, State
from exconn.ledger.bounds import OPEN_PER_QUOTA
from exconn.stream import Number
from tests.support.machine.processes import wait_until
from tests.support.streams.records import messages_of
from tests.support.system.requesters_stage import PER_DAY, PER_HOUR, RequestersStage, requesters_stage

FLOOD = 200
#: Of one requester; what is beyond that is refused.
OPEN_AT_ONCE = OPEN_PER_QUOTA * PER_DAY
SOON = timedelta(seconds=60)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[RequestersStage]:
    with requesters_stage(tmp_path / "stage", ("flood", "single"), devices=2 * FLOOD + 40, seed=7) as made:
        yield made


def issued(stage: RequestersStage) -> list[str]:
    """The jobs whose wipe Exchange has, in order."""
    return [each.job for each in messages_of(stage.cluster.client) if each.number == Number.WIPE_ISSUED]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_wipes_over_the_limit_are_held_without_one_cmdlet_and_keep_no_other_requester_waiting(
    stage: RequestersStage,
) -> None:
    ledger = Ledger(stage.cluster.client)
    phones = stage.phones(FLOOD)

    answers = dict(zip(phones, stage.flood("flood", phones), strict=True))
    (phone,) = stage.phones(1)
    single = stage.ask("single", phone)

    held = {guid: answer.job or "" for guid, answer in answers.items() if answer.state == "held"}
    refused = [answer for answer in answers.values() if answer.status == "refused"]
    assert {answer.error for answer in refused} == {"too_many_open"}
    taken = Counter(answer.state for answer in answers.values() if answer.status == "accepted")
    assert taken == {"queued": PER_HOUR, "held": OPEN_AT_ONCE - PER_HOUR}
    assert len(refused) == FLOOD - OPEN_AT_ONCE
    stage.issued_after(single)
    wait_until(lambda: len(issued(stage)) == PER_HOUR + 1, SOON, "what is within the limits to be in Exchange")
    assert {job_id: ledger.job(job_id) for job_id in held.values() if job_id in issued(stage)} == {}
    seen = {str(entry["identity_guid"]) for entry in stage.cluster.simulator.oracle()}
    assert seen & held.keys() == set()
    assert phone in seen
    for job_id in held.values():
        job = ledger.job(job_id)
        assert job is not None
        assert (job.state, job.reason, job.tries) == (State.HELD, HoldReason.QUOTA, 0)

    released = next(iter(held.values()))
    answer = stage.release("single", released)
    assert answer.status == "accepted", answer

    wait_until(lambda: issued(stage)[-1:] == [released], SOON, "the released wipe to be in Exchange")
    assert len(issued(stage)) == PER_HOUR + 2
