"""The texts that operators search for, exactly."""

import pytest

from exconn.stream import CATALOG, Number, Severity

#: Texts and severities that other systems match on: changing one is a breaking change.
KEPT = {
    1015: ("I", "Component SMS_EXCHANGE_CONNECTOR installed"),
    50100: ("I", "Job queued"),
    50103: ("W", "Job held for a person: {reason}"),
    50105: ("I", "Job cancelled"),
    50111: ("W", "Worker lost while it held the job"),
    50112: ("W", "Job stopped by the kill switch"),
    50200: ("I", "Action about to be issued to Exchange"),
    50201: ("I", "Device wipe issued to Exchange"),
    50202: ("I", "Device wipe sent to the device"),
    50203: ("I", "Device wipe acknowledged"),
    50205: ("W", "Device wipe not acknowledged in time"),
    50206: ("W", "Device partnership gone before the wipe was acknowledged"),
    50500: ("I", "Component SMS_EXCHANGE_CONNECTOR flagged for installation"),
    50600: ("W", "Kill switch: paused"),
    50601: ("I", "Kill switch: running"),
    50800: ("W", "Failed to open runspace for site {site_name}"),
    50801: ("E", "Invoking cmdlet {cmdlet} failed"),
}


@pytest.mark.parametrize("number", KEPT)
def test_a_message_keeps_its_severity_and_text(number: int) -> None:
    entry = CATALOG[Number(number)]

    assert (entry.severity.value, entry.text) == KEPT[number]


def test_every_number_has_an_entry_with_a_text() -> None:
    assert set(CATALOG) == set(Number)
    assert all(entry.text for entry in CATALOG.values())


def test_numbers_of_our_own_stay_in_our_own_range() -> None:
    assert {number for number in Number if not 50000 <= number <= 59999} == {Number.INSTALLED}


def test_severities_are_the_letters_of_configuration_manager() -> None:
    assert {severity.value for severity in Severity} == {"I", "W", "E"}
