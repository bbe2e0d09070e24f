"""Lists as real estates answer them: objects and errors come together, and a single object can be odd."""

from collections import Counter
from collections.abc import Callable

import pytest

from exconn.exchange import (
    BudgetExceeded,
    Command,
    ExchangeError,
    GapCause,
    Gaps,
    Malformed,
    NoGuid,
    ObjectNotFound,
    RefusedByExchange,
    Session,
    Transient,
)
from exconn.exchange.clixml.scalars import REPLACEMENT
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.lists import devices_of
from tests.support.exchange.simulator import RunningSimulator

DEVICES, OWNERS, STATISTICS = "Get-MobileDevice", "Get-CASMailbox", "Get-MobileDeviceStatistics"

Reading = Callable[[Session, Gaps | None], int]


def of_first_mailbox(session: Session, gaps: Gaps | None) -> int:
    mailbox = devices_of(session)[0].owner_dn
    return len(session.statistics_of_mailbox(mailbox, gaps))


READINGS: dict[str, Reading] = {
    DEVICES: lambda session, gaps: len(list(session.devices(gaps))),
    OWNERS: lambda session, gaps: len(list(session.mailbox_owners(gaps))),
    STATISTICS: of_first_mailbox,
}


def gaps_of(session: Session) -> Gaps:
    """What the list of devices lacks anyway: an old organization has objects that nobody can read."""
    gaps = Gaps()
    list(session.devices(gaps))
    return gaps


def more_than(before: Gaps, after: Gaps) -> Counter[str]:
    """By kind, what has come on top."""
    return Counter(after.by_kind) - Counter(before.by_kind)


@pytest.mark.parametrize("cmdlet", READINGS)
def test_errors_beside_objects_are_counted_and_named_and_every_object_is_kept(
    simulator: RunningSimulator, session: Session, cmdlet: str
) -> None:
    before, gaps = Gaps(), Gaps()
    there = READINGS[cmdlet](session, before)
    simulator.fault("error_beside", cmdlet, records=3)

    assert READINGS[cmdlet](session, gaps) == there
    assert session.usable
    assert gaps.total == before.total + 3
    assert gaps.by_cause == {GapCause.ERROR_RECORD: before.total + 3}
    assert more_than(before, gaps) == {"DataValidationException": 2, "MailboxOfflineException": 1}
    named = Counter(gap.name for gap in gaps.kept) - Counter(gap.name for gap in before.kept)
    assert named == Counter(f"corp.example/Lost/Somebody {number}" for number in range(3))


def first_phone(session: Session) -> tuple[str, str]:
    """A device's GUID and its mailbox."""
    device = devices_of(session)[0]
    return device.guid, device.owner_dn


#: Each reads one object, and says which one it read.
SINGLE: dict[str, Callable[[Session, Gaps | None], object]] = {
    DEVICES: lambda session, gaps: session.device(first_phone(session)[0], gaps),
    STATISTICS: lambda session, gaps: session.statistics_of_device(first_phone(session)[0], gaps).guid,
    OWNERS: lambda session, gaps: session.mailbox_owner(first_phone(session)[1], gaps),
    "Get-ActiveSyncOrganizationSettings": lambda session, gaps: session.organization_settings(gaps),
}


@pytest.fixture
def newer(session: Session) -> Session:
    """A session with the newer names, which are looked up already."""
    assert session.dialect == "MobileDevice"
    return session


@pytest.mark.parametrize("cmdlet", SINGLE)
def test_a_single_object_is_kept_with_errors_beside_it_and_they_are_counted_and_named(
    simulator: RunningSimulator, newer: Session, cmdlet: str
) -> None:
    expected, gaps = SINGLE[cmdlet](newer, None), Gaps()
    simulator.fault("error_beside", cmdlet, times=-1, records=2)

    assert SINGLE[cmdlet](newer, gaps) == expected
    assert (gaps.total, gaps.by_cause) == (2, {GapCause.ERROR_RECORD: 2})
    assert [gap.name for gap in gaps.kept] == [f"corp.example/Lost/Somebody {number}" for number in range(2)]
    assert newer.usable
    with pytest.raises(Transient):
        SINGLE[cmdlet](newer, None)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("error", RefusedByExchange), ("not_found", ObjectNotFound), ("unreadable_object", Malformed)],
)
def test_an_error_in_place_of_a_single_object_fails_whoever_asks(
    simulator: RunningSimulator, newer: Session, victim: str, fault: str, expected: type[ExchangeError]
) -> None:
    simulator.fault(fault, DEVICES)
    gaps = Gaps()

    with pytest.raises(expected):
        newer.device(victim, gaps)
    assert gaps.total == 0


@pytest.mark.parametrize("cmdlet", READINGS)
def test_who_does_not_ask_for_gaps_gets_the_error(simulator: RunningSimulator, session: Session, cmdlet: str) -> None:
    session.devices().__next__()
    simulator.fault("error_beside", cmdlet)

    with pytest.raises(RefusedByExchange):
        READINGS[cmdlet](session, None)
    assert session.usable


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("error", ExchangeError), ("not_found", ObjectNotFound), ("throttled", BudgetExceeded), ("no_state", Malformed)],
)
def test_an_error_without_any_object_and_a_list_that_is_cut_off_fail_the_reading(
    simulator: RunningSimulator, session: Session, fault: str, expected: type[ExchangeError]
) -> None:
    assert session.dialect == "MobileDevice"
    simulator.fault(fault, DEVICES)
    gaps = Gaps()

    with pytest.raises(expected):
        list(session.devices(gaps))
    assert gaps.total == 0


def test_a_list_that_its_error_ended_is_no_reading_with_gaps(simulator: RunningSimulator, session: Session) -> None:
    """`-ErrorAction Stop` makes the first error end the list, behind which there would be more."""
    simulator.fault("error_beside", DEVICES, records=2)
    gaps = Gaps()

    with pytest.raises(RefusedByExchange):
        list(session.stream(Command(DEVICES, {"ResultSize": "Unlimited", "ErrorAction": "Stop"}), gaps))
    assert gaps.total == 0


def test_an_object_without_a_guid_is_left_out_and_named(simulator: RunningSimulator, session: Session) -> None:
    usual = gaps_of(session)
    simulator.fault("without_guid", DEVICES, records=2)
    gaps = Gaps()

    assert len(list(session.devices(gaps))) == simulator.partnership_count() - 2
    assert gaps.by_cause == usual.by_cause | {GapCause.NO_GUID: 2}
    assert all("ExchangeActiveSyncDevices" in gap.name for gap in gaps.kept if gap.cause is GapCause.NO_GUID)
    assert session.usable

    simulator.fault("without_guid", DEVICES)
    with pytest.raises(NoGuid):
        list(session.devices())


def test_an_object_that_cannot_be_read_is_left_out_and_the_list_goes_on(
    simulator: RunningSimulator, session: Session
) -> None:
    usual = gaps_of(session)
    simulator.fault("unreadable_object", DEVICES)
    gaps = Gaps()

    assert len(list(session.devices(gaps))) == simulator.partnership_count() - 1
    assert gaps.by_cause == usual.by_cause | {GapCause.UNREADABLE: 1}
    assert session.usable

    simulator.fault("unreadable_object", DEVICES)
    with pytest.raises(Malformed):
        list(session.devices())


def test_a_phone_whose_name_holds_what_xml_forbids_is_listed_and_wiped(
    simulator: RunningSimulator, session: Session, victim: str
) -> None:
    for cmdlet in READINGS:
        simulator.fault("noncharacters", cmdlet, times=-1, records=simulator.partnership_count())

    found = {device.guid: device for device in devices_of(session)}
    session.statistics_of_device(victim)
    session.clear_device(victim)

    assert len(found) == simulator.partnership_count()
    assert found[victim].friendly_name.startswith(2 * REPLACEMENT)
    assert simulator.oracle("Clear-*", guid=victim)[-1]["outcome"] == "ok"


def test_an_answer_to_a_changing_cmdlet_that_cannot_be_read_still_fails_by_type(simulator: RunningSimulator) -> None:
    """The framing is sound and the object is not: nothing of the session is in doubt, and the next call works."""
    with Session.open(endpoint_of(simulator)) as session:
        assert session.dialect == "MobileDevice"
        simulator.fault("unreadable_object", DEVICES)
        with pytest.raises(Malformed):
            session.device(simulator.devices()[0]["guid"])


def test_an_identity_that_is_answered_with_every_object_is_not_there(
    simulator: RunningSimulator, session: Session, victim: str
) -> None:
    simulator.fault("all_objects", DEVICES)
    simulator.fault("all_objects", OWNERS)

    with pytest.raises(ObjectNotFound):
        session.device("00000000-0000-0000-0000-000000000001")
    with pytest.raises(ObjectNotFound):
        session.mailbox_owner("CN=Nobody,DC=corp,DC=example")

    assert session.usable
    assert session.device(victim).guid == victim
