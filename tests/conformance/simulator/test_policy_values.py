"""Policies in the simulator: side effects, and what a bare number means for the sizes behind which mail is cut off."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import RunningSimulator

NEW, OLD = "MobileDeviceMailboxPolicy", "ActiveSyncMailboxPolicy"
SIZE = "MaxEmailBodyTruncationSize"


@pytest.fixture
def session(sessions: Sessions) -> PypsrpSession:
    return sessions.governing()


@pytest.fixture
def world(simulator: RunningSimulator) -> Iterator[RunningSimulator]:
    yield simulator
    simulator.control("DELETE", "/beliefs")


def policy(session: PypsrpSession, family: str) -> dict[str, Any]:
    (record,) = session.run(f"Get-{family}", Identity="Default").records
    return record


def assign(session: PypsrpSession, family: str, **values: object) -> None:
    assert session.run(f"Set-{family}", Identity="Default", **values).errors == []


@pytest.mark.parametrize("family", [NEW, OLD])
def test_encrypting_the_storage_card_encrypts_the_device_for_good(session: PypsrpSession, family: str) -> None:
    assign(session, family, RequireStorageCardEncryption=True)
    shown = policy(session, family)
    assert (shown["RequireStorageCardEncryption"], shown["DeviceEncryptionEnabled"]) == (True, True)

    assign(session, family, RequireStorageCardEncryption=False)
    shown = policy(session, family)
    assert (shown["RequireStorageCardEncryption"], shown["DeviceEncryptionEnabled"]) == (False, True)


@pytest.mark.parametrize("family", [NEW, OLD])
@pytest.mark.parametrize(
    ("belief", "bare", "with_unit"),
    [
        ("kilobytes", "401", "2"),
        ("shown_in_bytes", "410624", "2048"),
        ("bytes", "401 B (401 bytes)", "2 KB (2,048 bytes)"),
    ],
)
def test_a_bare_size_means_what_is_believed(
    session: PypsrpSession, world: RunningSimulator, family: str, belief: str, bare: str, with_unit: str
) -> None:
    world.control("POST", "/beliefs", {"truncation_sizes": belief})

    assign(session, family, **{SIZE: 401})
    assert str(policy(session, family)[SIZE]) == bare

    assign(session, family, **{SIZE: "2KB"})
    assert str(policy(session, family)[SIZE]) == with_unit


@pytest.mark.parametrize("name", ["ApprovedApplicationList", "UnapprovedInROMApplicationList"])
def test_null_clears_a_list(session: PypsrpSession, name: str) -> None:
    assign(session, NEW, **{name: ["a.exe", "b.exe"]})
    assert "b.exe" in str(policy(session, NEW)[name].property_sets[0])

    assign(session, NEW, **{name: None})
    assert "b.exe" not in str(policy(session, NEW)[name].property_sets[0])
