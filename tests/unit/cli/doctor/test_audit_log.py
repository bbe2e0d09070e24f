"""What the doctor makes of the monitor's answer about the audit log: one line each, and a remedy unless all is well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exconn.cli.doctor.audit_log import audit_log, seal_finding, verification_finding
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding
from exconn.cli.http import Site
from exconn.doorbell import WorkerSettings

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)


def ms(ago: timedelta) -> int:
    return int((NOW - ago).timestamp() * 1000)


def sealed(ago: timedelta = timedelta(minutes=5), **more: Any) -> dict[str, Any]:
    return {"size": 90, "root": "ab", "at": ms(ago), "key": "monitor-1", "signature": "c2ln"} | more


def verified(ago: timedelta = timedelta(hours=10), **more: Any) -> dict[str, Any]:
    said = {"started_at": ms(ago), "result": "clean", "records": 100, "findings": 0, "said": "", "clean_at": ms(ago)}
    return said | {"due": ms(ago - timedelta(days=1))} | more


def test_a_log_that_is_sealed_and_verified_is_well() -> None:
    found = {"size": 100, "checkpoint": sealed(), "verified": verified()}

    findings = [seal_finding(found, NOW), verification_finding(found, NOW)]

    assert [each.state for each in findings] == ["ok", "ok"]
    assert "signed by monitor-1" in findings[0].said
    assert findings[1].said == "2026-06-02 02:00: 100 records, nothing was changed"


def test_an_empty_log_is_well() -> None:
    assert seal_finding({"size": 0, "checkpoint": None}, NOW).state == "ok"


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        pytest.param(None, "no checkpoint", id="none"),
        pytest.param(sealed(signature="", key=""), "not signed", id="unsigned"),
        pytest.param(sealed(timedelta(hours=3)), "10 records wait", id="old"),
    ],
)
def test_a_log_that_nobody_seals_is_warned_of(checkpoint: dict[str, Any] | None, said: str) -> None:
    found = seal_finding({"size": 100, "checkpoint": checkpoint}, NOW)

    assert (found.state, said in found.said, bool(found.next)) == ("warning", True, True)


def test_an_old_checkpoint_is_well_where_nothing_came_since() -> None:
    assert seal_finding({"size": 90, "checkpoint": sealed(timedelta(days=3))}, NOW).state == "ok"


@pytest.mark.parametrize(
    ("done", "state", "said"),
    [
        pytest.param(None, "warning", "never verified", id="never"),
        pytest.param(verified(timedelta(days=3)), "warning", "was due 2026-05-31 12:00", id="late"),
        pytest.param(
            verified(result="broken", findings=1, said="message 7 was edited"),
            "failed",
            "message 7 was edited",
            id="broken",
        ),
        pytest.param(
            verified(result="unfinished", said="it was not done within 2h", clean_at=None),
            "warning",
            "it was not done within 2h; none was clean yet",
            id="unfinished",
        ),
    ],
)
def test_a_verification_that_is_not_clean_and_recent_is_told(
    done: dict[str, Any] | None, state: str, said: str
) -> None:
    found = verification_finding({"verified": done}, NOW)

    assert (found.state, said in found.said, bool(found.next)) == (state, True, True)


def looked(monitor: Site | None) -> list[Finding]:
    settings = WorkerSettings.model_construct()
    return list(audit_log(ExaminedWorker(settings=settings, monitor=monitor)))


def test_a_monitor_that_is_away_is_a_warning_with_its_remedy() -> None:
    # Nothing listens on the port of discard.
    (found,) = looked(Site("http://127.0.0.1:9", "the monitor", "start it"))

    assert (found.state, found.next) == ("warning", "start it")


def test_where_no_monitor_is_named_nothing_is_looked_at() -> None:
    (found,) = looked(None)

    assert found.state == "not looked at"
