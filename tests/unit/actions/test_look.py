"""One look at a device, through the real session, with a transport that answers from a table."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from exconn.actions.absence import NotShownError
from exconn.actions.destination import destination_of
from exconn.actions.look import NoStatisticsError, class_of, find_device, look_at
from exconn.contracts import ClientClass, digest_of
from exconn.exchange import Batch, Command, Malformed, Session, Transient
from exconn.exchange.psrp.messages import ErrorDetail
from exconn.exchange.records import parse_device

GUID = "11111111-2222-4333-8444-555555555555"
#: A domain controller that cannot answer just now.
AWAY = "dc9.corp.example"
OTHER = "99999999-2222-4333-8444-555555555555"
MAILBOX = "aaaaaaaa-2222-4333-8444-555555555555"
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
DEVICE = {
    "Guid": GUID,
    "DeviceId": "APPL1",
    "DistinguishedName": "CN=iPhone§APPL1,CN=ExchangeActiveSyncDevices,CN=Somebody,DC=corp,DC=example",
    "OriginatingServer": "dc1.corp.example",
    "WhenCreatedUTC": CREATED,
    "ClientType": "EAS",
}
ANSWERS: Mapping[str, list[dict[str, object]]] = {
    "Get-Command": [{"Name": "Get-MobileDevice"}],
    "Get-MobileDevice": [DEVICE],
    "Get-MobileDeviceStatistics": [{"Guid": GUID, "DeviceWipeAckTime": CREATED}],
    "Get-CASMailbox": [{"Guid": MAILBOX}],
}


class Table:
    """A transport that answers each cmdlet from a table and notes what was asked."""

    server, session_id, idle_limit = "ex1", "shell", None
    answering_server = ""

    def __init__(self, **changed: list[dict[str, object]]) -> None:
        self._answers = {**ANSWERS, **{name.replace("_", "-"): answer for name, answer in changed.items()}}
        self.asked: list[Command] = []

    def open(self) -> None:
        """Nothing to open."""

    def run(self, command: Command) -> Iterator[Batch]:
        self.asked.append(command)
        if command.parameters.get("DomainController") == AWAY:
            yield Batch([], errors=(ErrorDetail("it timed out", "", ("ADTransientException",)),))
            return
        yield Batch(list(self._answers[command.cmdlet]))

    def close(self) -> None:
        """Nothing to close."""


def session(**changed: list[dict[str, object]]) -> Session:
    return Session(Table(**changed), hosted=False)


def test_a_look_has_the_fingerprint_of_device_and_mailbox() -> None:
    found = look_at(session(), GUID).fingerprint

    assert (found.guid, found.device, found.mailbox) == (GUID, digest_of("APPL1"), MAILBOX)
    assert (found.created, found.last_acknowledged) == (CREATED, CREATED)


def test_an_answer_about_another_device_is_not_taken() -> None:
    with pytest.raises(Malformed):
        find_device(session(Get_MobileDevice=[DEVICE | {"Guid": OTHER}]), GUID)


def test_statistics_of_another_device_are_not_taken() -> None:
    with pytest.raises(Malformed):
        look_at(session(Get_MobileDeviceStatistics=[{"Guid": OTHER}]), GUID)


def test_a_device_without_statistics_is_not_taken_for_missing() -> None:
    with pytest.raises(NoStatisticsError):
        look_at(session(Get_MobileDeviceStatistics=[]), GUID)


@pytest.mark.parametrize(
    "changed",
    [{"Get_CASMailbox": []}, {"Get_MobileDevice": [DEVICE | {"DistinguishedName": "CN=iPhone§APPL1,DC=corp"}]}],
    ids=["mailbox not shown", "no owner in the name"],
)
def test_a_mailbox_that_is_not_shown_is_left_empty(changed: dict[str, list[dict[str, object]]]) -> None:
    assert look_at(session(**changed), GUID).fingerprint.mailbox == ""


def test_a_device_that_no_domain_controller_shows_is_not_found() -> None:
    table = Table(Get_MobileDevice=[])

    with pytest.raises(NotShownError) as caught:
        find_device(Session(table, hosted=False), GUID, "dc2.corp.example")

    assert caught.value.controllers == {"dc2.corp.example"}

    asked = [command.parameters.get("DomainController") for command in table.asked if command.cmdlet != "Get-Command"]
    assert asked == ["dc2.corp.example", None]


def test_a_controller_that_did_not_show_the_device_is_not_taken_for_the_one_that_did() -> None:
    """A global catalog may put the name of a controller of the device's domain onto what it shows itself."""
    by_catalog = DEVICE | {"OriginatingServer": AWAY}

    found = find_device(session(Get_MobileDevice=[by_catalog]), GUID, AWAY, controller_is_lost=True)

    assert (found.guid, found.originating_server) == (GUID, "")


def test_the_class_of_a_client_is_told_from_all_that_exchange_shows_of_it() -> None:
    outlook = {
        "DeviceType": "Outlook",
        "DeviceModel": "Outlook for iOS and Android",
        "DeviceUserAgent": "Outlook-iOS-Android/1.0",
        "ClientType": "EAS",
    }
    changed = [{}, {"DeviceType": "iPhone"}, {"DeviceModel": "x"}, {"DeviceUserAgent": "x"}, {"ClientType": "MOWA"}]

    found = [class_of(parse_device(DEVICE | outlook | other)) for other in changed]

    assert found == [ClientClass.OUTLOOK, *[ClientClass.UNKNOWN] * 4]


CATALOG = "dc1.corp.example"
IN_A_CHILD = DEVICE | {"DistinguishedName": f"{DEVICE['DistinguishedName']}".replace("DC=corp", "DC=south,DC=corp")}


def controllers_asked(table: Table, cmdlet: str) -> list[object]:
    return [command.parameters.get("DomainController") for command in table.asked if command.cmdlet == cmdlet]


def test_statistics_are_read_at_the_controller_that_showed_the_device_if_it_is_of_its_domain() -> None:
    table = Table()

    look_at(Session(table, hosted=False), GUID)

    assert controllers_asked(table, "Get-MobileDeviceStatistics") == [CATALOG]


def test_a_catalog_of_another_domain_is_not_named() -> None:
    table = Table(Get_MobileDevice=[IN_A_CHILD])
    opened = Session(table, hosted=False)

    look = look_at(opened, GUID)

    assert controllers_asked(table, "Get-MobileDeviceStatistics") == [None]
    assert destination_of(opened, look, unnamed=False)["domain_controller"] == ""


def test_statistics_that_a_controller_does_not_have_are_asked_for_once_more_without_naming_one() -> None:
    table = Table(Get_MobileDeviceStatistics=[])

    with pytest.raises(NoStatisticsError):
        look_at(Session(table, hosted=False), GUID)

    assert controllers_asked(table, "Get-MobileDeviceStatistics") == [CATALOG, None]


def test_a_domain_controller_that_cannot_answer_just_now_is_waited_for_until_it_counts_as_lost() -> None:
    with pytest.raises(Transient):
        find_device(session(), GUID, AWAY)

    assert find_device(session(), GUID, AWAY, controller_is_lost=True).guid == GUID
