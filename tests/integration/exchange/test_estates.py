"""The production client reads an old estate, and one that is out to hurt, to the end, and says what it lacks."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from exconn.exchange import Ambiguous, Device, Gaps, Session, Transient
from exconn.exchange.gaps import GapCause
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator

DEVICES = 120
#: Of the mailboxes that servers are tested with.
PROBES = 4
MOST_TRIES = 50


def read(session: Session) -> tuple[list[Device], Gaps] | None:
    """The list of devices and what it lacks; None when Exchange had another trouble just then."""
    gaps = Gaps()
    try:
        return list(session.devices(gaps)), gaps
    except Transient:
        return None


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("hostile"), devices=DEVICES, estate="hostile") as simulator:
        yield simulator


def test_every_partnership_of_an_old_estate_is_read_beside_the_error(tmp_path: Path) -> None:
    with (
        running_simulator(tmp_path, devices=DEVICES, estate="real") as simulator,
        Session.open(endpoint_of(simulator)) as session,
    ):
        found = read(session)

    assert found is not None
    devices, gaps = found
    assert len({each.guid for each in devices}) == DEVICES + PROBES
    assert gaps.by_cause == {GapCause.ERROR_RECORD: 1}


def test_every_partnership_of_a_hostile_estate_is_read_and_each_gap_has_its_cause(hostile: RunningSimulator) -> None:
    with Session.open(endpoint_of(hostile)) as session:
        found = next(answer for _ in range(MOST_TRIES) if (answer := read(session)) is not None)

    devices, gaps = found
    assert len({each.guid for each in devices}) == DEVICES + PROBES
    assert gaps.by_cause == {GapCause.ERROR_RECORD: 1, GapCause.NO_GUID: 1, GapCause.UNREADABLE: 1}
    assert any("\ufffd" in each.friendly_name for each in devices)


def test_about_one_cmdlet_in_ten_meets_a_transient_error_and_changes_are_made_or_not(hostile: RunningSimulator) -> None:
    phone = next(each for each in hostile.devices(limit=DEVICES) if each["online"])
    hostile.phone(phone["guid"], "offline")
    outcomes: Counter[tuple[bool, bool]] = Counter()
    with Session.open(endpoint_of(hostile)) as session:
        for number in range(200):
            cancel = number % 2 == 1
            before = hostile.device(phone["guid"])["wipe"]["requested"]
            try:
                session.clear_device(phone["guid"], cancel=cancel)
                failed = False
            except Ambiguous:
                failed = True
            outcomes[(failed, hostile.device(phone["guid"])["wipe"]["requested"] != before)] += 1

    failures = outcomes[(True, True)] + outcomes[(True, False)]
    assert 5 <= failures <= 40
    assert outcomes[(True, True)] > 0
    assert outcomes[(True, False)] > 0
