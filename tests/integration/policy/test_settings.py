"""Plans of settings that are special: side effects, sizes in another unit, what Exchange lacks, external management."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from exconn.contracts import HoldReason
from exconn.ledger import Job, Outcome, State
from tests.support.jobs.policy_jobs import Governing, changes_of

SIZE = "MaxEmailBodyTruncationSize"


@pytest.fixture
def sizes(governing: Governing) -> Iterator[Governing]:
    yield governing
    governing.simulator.control("DELETE", "/beliefs")


def told(plan: Job, name: str) -> list[dict[str, Any]]:
    """What a plan tells: the rows of `changes`, or of `lacking`."""
    rows = plan.data[name]
    assert isinstance(rows, list)
    return rows


def released(governing: Governing, plan: Job) -> Job:
    """The application of a plan that a second person has released."""
    held = governing.applied(plan)
    assert held.reason == HoldReason.SECOND_PERSON
    governing.release(held)
    return governing.work(held.id)


def test_encrypting_storage_cards_shows_that_it_encrypts_devices_and_keeps_what_was_before(
    governing: Governing,
) -> None:
    governing.define("", security="storage_card_encrypt = true")

    plan = governing.plan()
    job = released(governing, plan)

    assert [(row["parameter"], row["follows"]) for row in told(plan, "changes")] == [
        ("RequireStorageCardEncryption", ""),
        ("DeviceEncryptionEnabled", "RequireStorageCardEncryption"),
    ]
    assert plan.data["drift"] == 1
    assert job.outcome == Outcome.SUCCEEDED
    assert job.pre_image["values"] == {"RequireStorageCardEncryption": False, "DeviceEncryptionEnabled": False}
    (sent,) = [entry["sent"] for entry in governing.simulator.oracle(cmdlet="Set-*MailboxPolicy")]
    assert "DeviceEncryptionEnabled" not in sent
    assert governing.plan().data["drift"] == 0


def test_setting_encryption_of_storage_cards_back_does_not_undo_that_of_devices(governing: Governing) -> None:
    governing.define("", security="storage_card_encrypt = true")
    released(governing, governing.plan())
    governing.define("", security="storage_card_encrypt = false")

    plan = governing.plan()

    assert changes_of(plan) == {"RequireStorageCardEncryption": "False"}
    assert governing.applied(plan).outcome == Outcome.SUCCEEDED
    assert governing.in_exchange().values["DeviceEncryptionEnabled"] is True


@pytest.mark.parametrize("belief", ["shown_in_bytes", "bytes"])
def test_a_size_that_comes_back_in_another_unit_is_held_and_set_once(sizes: Governing, belief: str) -> None:
    sizes.simulator.control("POST", "/beliefs", {"truncation_sizes": belief})
    sizes.define("", email_management="maximum_size_text_email = 401")

    job = sizes.applied(sizes.plan())

    assert (job.state, job.reason) == (State.HELD, HoldReason.OTHER_UNIT)
    assert SIZE in str(job.data["parameters"])
    assert sizes.sets() == 1


def test_a_size_that_was_there_in_another_unit_before_is_held_too(sizes: Governing) -> None:
    sizes.simulator.control("POST", "/beliefs", {"truncation_sizes": "shown_in_bytes"})
    sizes.change_in_exchange(**{SIZE: 401})
    sizes.define("", email_management="maximum_size_text_email = 401")

    plan = sizes.plan()

    assert told(plan, "changes")[0]["found"] == "410624"
    assert sizes.applied(plan).reason == HoldReason.OTHER_UNIT


def test_a_size_is_applied_where_the_number_means_kilobytes(sizes: Governing) -> None:
    sizes.define("", email_management="maximum_size_text_email = 401\nmaximum_size_attachment = 2097151")

    assert sizes.applied(sizes.plan()).outcome == Outcome.SUCCEEDED
    assert (sizes.in_exchange().values[SIZE], sizes.plan().data["drift"]) == (401, 0)


def test_what_exchange_does_not_have_here_is_named_and_the_rest_is_applied(governing: Governing) -> None:
    governing.simulator.rights("policy", without=["Set-MobileDeviceMailboxPolicy -IrmEnabled"])
    governing.define(
        "", extended="allow_apple_push_notifications = true\nirm_enabled = false\nunc_access_enabled = false"
    )

    plan = governing.plan()
    job = governing.applied(plan)

    lacking = {each["parameter"]: each["why"] for each in told(plan, "lacking")}
    assert lacking == {"AllowApplePushNotifications": "not_shown", "IrmEnabled": "no_parameter"}
    assert changes_of(plan) == {"UNCAccessEnabled": "False"}
    assert (job.outcome, job.data["lacking"]) == (Outcome.SUCCEEDED, told(plan, "lacking"))
    assert governing.in_exchange().values["UNCAccessEnabled"] is False


def test_only_what_is_set_of_the_extended_settings_is_guarded(governing: Governing) -> None:
    governing.define("", extended="unc_access_enabled = false")
    governing.applied(governing.plan())
    governing.change_in_exchange(WSSAccessEnabled=False, UNCAccessEnabled=True)

    assert changes_of(governing.plan()) == {"UNCAccessEnabled": "False"}


def test_external_management_is_written_without_the_general_group_and_waits_for_a_second_person(
    governing: Governing,
) -> None:
    governing.define("", policy="allow_external_device_management = true")
    governing.change_in_exchange(AllowInternetSharing=False)

    plan = governing.plan()
    job = released(governing, plan)

    assert [(row["parameter"], row["dangerous"]) for row in told(plan, "changes")] == [
        ("AllowExternalDeviceManagement", True)
    ]
    assert job.outcome == Outcome.SUCCEEDED
    values = governing.in_exchange().values
    assert (values["AllowExternalDeviceManagement"], values["AllowInternetSharing"]) == (True, False)


def test_lists_words_and_spans_of_all_groups_are_applied_as_one_plan_and_stay_in_step(governing: Governing) -> None:
    governing.define(
        "",
        general="refresh_hours = 30",
        email_management='maximum_calendar_age = "SixMonths"\npush_when_roaming = false',
        security='bluetooth = "HandsfreeOnly"',
        application='blocked_application = ["b.exe", "a.exe"]',
        extended='require_signed_smime_algorithm = "MD5"',
    )

    assert governing.applied(governing.plan()).outcome == Outcome.SUCCEEDED
    values = governing.in_exchange().values
    assert values["DevicePolicyRefreshInterval"] == timedelta(hours=30)
    assert values["RequireManualSyncWhenRoaming"] is True
    assert governing.plan().data["drift"] == 0

    governing.change_in_exchange(UnapprovedInROMApplicationList=("a.exe", "c.exe"))
    assert changes_of(governing.plan()) == {"UnapprovedInROMApplicationList": "a.exe, b.exe"}


def test_an_empty_list_clears_what_exchange_has_by_null(governing: Governing) -> None:
    governing.change_in_exchange(UnapprovedInROMApplicationList=("a.exe",))
    governing.define("", application="blocked_application = []")

    assert governing.applied(governing.plan()).outcome == Outcome.SUCCEEDED

    *_, entry = governing.simulator.oracle(cmdlet="Set-*MailboxPolicy")
    assert entry["parameters"]["UnapprovedInROMApplicationList"] is None
    assert governing.in_exchange().values["UnapprovedInROMApplicationList"] == ()


def test_what_an_earlier_version_did_not_know_of_a_group_is_guarded_from_when_it_is_first_seen(
    governing: Governing,
) -> None:
    governing.define("", general="refresh_hours = 4")
    governing.plan()
    (name,) = governing.client.keys("exconn:*before*")
    for field in governing.client.hkeys(name):
        governing.client.hset(name, field, '{"DevicePolicyRefreshInterval": "Unlimited"}')
    governing.plan()
    governing.change_in_exchange(AllowDesktopSync=False)

    assert changes_of(governing.plan())["AllowDesktopSync"] == "True"
