"""Filters of device and owner lists."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.filters import read_filter
from exconn.simulator.errors import CmdletFailed

PHONE = {
    "deviceid": "APPL1",
    "devicetype": "iPhone",
    "deviceimei": None,
    "deviceuseragent": "O'Neill 's",
    "firstsynctime": datetime(2026, 3, 1, 12, tzinfo=UTC),
}
OWNER = {"hasactivesyncdevicepartnership": True, "displayname": "CAS_{1}"}


@dataclass
class Asked:
    """As much of a call as a filter looks at."""

    filter: str | None
    cmdlet: str = "Get-MobileDevice"

    def get(self, name: str) -> Any:
        return self.filter if name == "Filter" else None


def matches(text: str, values: dict[str, Any], cmdlet: str = "Get-MobileDevice") -> bool:
    matcher = read_filter(cast("Call", Asked(text, cmdlet)))
    assert matcher is not None
    return matcher(values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DeviceType -eq 'iphone'", True),
        ('DeviceType -ne "iPhone"', False),
        ("DeviceType -like 'iP*'", True),
        ("DeviceType -notlike 'iP*'", False),
        ("DeviceImei -eq $null", True),
        ("DeviceId -ne $null", True),
        ("FirstSyncTime -gt '02/28/2026'", True),
        ("FirstSyncTime -lt '2026-03-01T11:00:00Z'", False),
        ("(DeviceType -eq 'iPhone') -and (DeviceId -eq 'X')", False),
        ("DeviceType -eq 'iPad' -or DeviceId -eq 'appl1'", True),
        ("-not (DeviceType -eq 'iPad')", True),
        ("-not DeviceType -eq 'iPad' -and DeviceId -eq 'APPL1'", True),
        ("-NOT ((DeviceType -EQ 'iPad') -OR (DeviceId -Eq 'APPL1'))", False),
        # Neither joint comes first: read from left to right, this is (true or true) and false.
        ("DeviceType -eq 'iPhone' -or DeviceId -eq 'APPL1' -and DeviceId -eq 'X'", False),
        ("DeviceType -eq iPhone", True),
        ("DeviceType -like '*ho*'", True),
        ("DeviceType -like 'i*e'", True),
        ("DeviceType -like 'iPhone*e'", False),
        ("DeviceType -like 'iP[h]one'", False),
        ("DeviceType -like 'iPhon?'", False),
        ("DeviceImei -eq 'x'", False),
        ("DeviceImei -ne 'x'", True),
        ("FirstSyncTime -ge '3/1/2026 12:00:00 PM'", True),
        ("DeviceUserAgent -eq 'O''Neill ''s'", True),
        ("DeviceUserAgent -eq 'O’’Neill ’’s'", False),
    ],
)
def test_filters_select_devices(text: str, expected: bool) -> None:
    assert matches(text, PHONE) is expected


def test_switches_are_compared_as_truths() -> None:
    text = "HasActiveSyncDevicePartnership -eq $true -and -not DisplayName -like 'CAS_{*'"
    assert not matches(text, OWNER, "Get-CASMailbox")
    assert matches(text, OWNER | {"displayname": "Anna"}, "Get-CASMailbox")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "WhenChanged -gt '1/1/2026'",
        "DeviceId -eq",
        "DeviceId 'x'",
        "DeviceId -contains 'x'",
        "DeviceId -eq 'x",
        "DeviceId -eq 'it's'",
        "DeviceId -eq 'x' 'y'",
        "DeviceId -eq 'x' -and",
        "DeviceId -eq 'x' -xor DeviceId -eq 'y'",
        "(DeviceId -eq 'x'",
        "DeviceId -eq 'x')",
        "-not",
        "'x' -eq DeviceId",
        'DeviceId -eq "$name"',
        "DeviceId -eq $name",
        "FirstSyncTime -gt 'yesterday'",
        "FirstSyncTime -eq $true",
        "(" * 10_000 + "DeviceId -eq 'x'" + ")" * 10_000,
        "-not " * 10_000 + "DeviceId -eq 'x'",
    ],
    ids=lambda text: text[:30] or "empty",
)
def test_filters_beyond_what_is_documented_are_refused(text: str) -> None:
    with pytest.raises(CmdletFailed, match="Filter"):
        matches(text, PHONE)


def test_a_property_with_several_values_matches_when_it_has_the_value() -> None:
    values = {"activesyncalloweddeviceids": ["A1", "B2"]}
    for text, expected in {"-eq 'b2'": True, "-eq 'C3'": False, "-ne 'A1'": False, "-like 'a*'": True}.items():
        assert matches(f"ActiveSyncAllowedDeviceIDs {text}", values, "Get-CASMailbox") is expected
    assert matches("ActiveSyncAllowedDeviceIDs -eq $null", {"activesyncalloweddeviceids": []}, "Get-CASMailbox")


def test_no_filter_is_no_matcher() -> None:
    assert read_filter(cast("Call", Asked(None))) is None
