"""What `exconn policy` shows of a plan: the settings, whom they are about, and what those do with them."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from exconn.cli.output import Output
from exconn.cli.policy_plan import show_plan
from exconn.cli.session import CommandSession

PLAN: dict[str, Any] = {
    "plan": "policy-plan-aaaaaaaaaaaaaaaa",
    "planned_at": "2026-11-20T08:00:00Z",
    "policy": "fa8cfc37-6bb9-40b9-b286-8d3ca5f63a10",
    "drift": [{"parameter": "MaxPasswordFailedAttempts", "found": "8", "wanted": "4", "dangerous": True}],
    "clients": [
        {"client": "native", "devices": 98000, "obeys": "told", "settings": [], "on_android": []},
        {
            "client": "outlook",
            "devices": 1200,
            "obeys": "some",
            "settings": ["PasswordEnabled"],
            "on_android": ["MinPasswordLength", "MaxPasswordFailedAttempts", "AlphanumericPasswordRequired"],
        },
        {"client": "outlook_service", "devices": 3, "obeys": "nothing_here", "settings": [], "on_android": []},
    ],
}


def shown(plan: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", "80")
    show_plan(cast("CommandSession", SimpleNamespace(out=Output())), plan)
    return capsys.readouterr().out.splitlines()


def test_each_class_has_its_count_and_what_it_obeys_within_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = shown(PLAN, capsys, monkeypatch)

    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    assert "native 98000 told of all" in text
    assert "outlook 1200 obeys PasswordEnabled; on Android MinPasswordLength" in text
    assert "outlook service 3 not reached" in text
    assert "unknown" not in text


def test_a_change_reads_like_a_diff_with_its_setting_and_why_a_second_person_must_see_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = {"parameter": "AllowCamera", "found": "True", "wanted": "False", "dangerous": False, "follows": ""}

    lines = shown(PLAN | {"drift": [*PLAN["drift"], camera]}, capsys, monkeypatch)

    start = lines.index("MaxPasswordFailedAttempts (password.wipe_after_failed_attempt)")
    assert lines[start : start + 7] == [
        "MaxPasswordFailedAttempts (password.wipe_after_failed_attempt)",
        "  - 8",
        "  + 4",
        "  ! a second person must see it (fewer attempts: phones erase themselves)",
        "AllowCamera (security.camera)",
        "  - True",
        "  + False",
    ]
    assert "settings  2 differ, 1 of them for a second person to see" in lines


def test_nobody_is_told_as_nobody(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(PLAN | {"clients": []}, capsys, monkeypatch)

    assert lines[-3:-1] == ["known devices of mailboxes that have this policy:", "none"]


def test_what_follows_by_itself_is_shown_and_not_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = {"parameter": "RequireStorageCardEncryption", "found": "False", "wanted": "True", "dangerous": True}
    device = {**card, "parameter": "DeviceEncryptionEnabled", "follows": "RequireStorageCardEncryption"}

    lines = shown(PLAN | {"drift": [{**card, "follows": ""}, device]}, capsys, monkeypatch)

    text = " ".join("".join(lines).split())
    assert "settings 1 differ" in " ".join(" ".join(lines).split())
    assert text.count("Encryption") >= 2
    assert max(map(len, lines)) <= 80


def test_what_exchange_does_not_have_is_named_with_the_reason_also_where_the_rest_is_in_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = [{"parameter": "AllowGooglePushNotifications", "wanted": "True", "why": "not_shown"}]

    lines = shown(PLAN | {"drift": [], "result": {"lacking": lacking}}, capsys, monkeypatch)

    assert lines[-2:] == [
        "not written, as Exchange does not have it here:",
        "  AllowGooglePushNotifications: its policy does not show it",
    ]


def test_a_plan_back_says_towards_what_it_goes_what_it_leaves_and_what_would_set_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {"parameter": "PasswordHistory", "found": "7", "before": "0", "why": "changed_since"}
    towards = {"goal": "undo", "job": "policy-apply-aaaaaaaaaaaaaaaa"}
    result = {"towards": towards, "left": [left], "guarded": ["password"]}

    text = " ".join(" ".join(shown(PLAN | {"result": result}, capsys, monkeypatch)).split())

    assert "towards undo of policy-apply-aaaaaaaaaaaaaaaa" in text
    assert "left as it is: PasswordHistory (7, before 0): it was changed since" in text
    assert "the definition still guards password: its next apply would set these again." in text


def test_a_plan_of_the_definition_says_so_and_no_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(" ".join(shown(PLAN, capsys, monkeypatch)).split())

    assert "towards the definition" in text
    assert "left as it is" not in text
    assert "still guards" not in text
