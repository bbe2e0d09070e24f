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
    ],
)
def test_filters_select_devices(text: str, expected: bool) -> None:
    assert matches(text, PHONE) is expected


def test_switches_are_compared_as_truths() -> None:
    text = "HasActiveSyncDevicePartnership -eq $true -and -not DisplayName -like 'CAS_{*'"
    assert not matches(text, OWNER, "Get-CASMailbox")
    assert matches(text, OWNER | {"displayname": "Anna"}, "Get-CASMailbox")


@pytest.mark.parametrize(
    "text", ["nonsense", "WhenChanged -gt '1/1/2026'", "DeviceId -eq 'a' -and DeviceId -eq 'b' -or DeviceId -eq 'c'"]
)
def test_filters_beyond_what_is_documented_are_refused(text: str) -> None:
    with pytest.raises(CmdletFailed, match="Filter"):
        matches(text, PHONE)


def test_no_filter_is_no_matcher() -> None:
    assert read_filter(cast("Call", Asked(None))) is None
