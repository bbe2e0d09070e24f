"""Several settings groups under guard at once, each taken and given up for itself."""

from datetime import timedelta

from exconn.ledger import Outcome, State
from tests.support.jobs.policy_jobs import Governing, changes_of

PASSWORD = "password_enabled = true"


def test_two_groups_are_planned_and_applied_as_one(governing: Governing) -> None:
    governing.define(PASSWORD, general="refresh_hours = 4")

    plan = governing.plan()
    job = governing.applied(plan)

    assert changes_of(plan) == {"DevicePolicyRefreshInterval": "04:00:00", "PasswordEnabled": "True"}
    assert job.outcome == Outcome.SUCCEEDED
    values = governing.in_exchange().values
    assert (values["DevicePolicyRefreshInterval"], values["PasswordEnabled"]) == (timedelta(hours=4), True)
    assert governing.plan().data["drift"] == 0


def test_what_a_group_does_not_set_is_guarded_as_it_was_when_the_group_was_taken(governing: Governing) -> None:
    governing.define("", general="refresh_hours = 4")
    governing.applied(governing.plan())
    governing.change_in_exchange(AllowNonProvisionableDevices=False, MinPasswordLength=9)

    assert changes_of(governing.plan()) == {"AllowNonProvisionableDevices": "True"}


def test_a_group_that_is_given_up_leaves_the_other_one_under_guard(governing: Governing) -> None:
    governing.define(PASSWORD, general="refresh_hours = 4")
    governing.applied(governing.plan())
    governing.define(PASSWORD)
    governing.change_in_exchange(DevicePolicyRefreshInterval=timedelta(hours=8), PasswordEnabled=False)

    assert changes_of(governing.plan()) == {"PasswordEnabled": "True"}


def test_stopping_the_mail_of_phones_that_cannot_enforce_the_policy_waits_for_a_second_person(
    governing: Governing,
) -> None:
    governing.define("", general="allow_non_provision = false")
    before = governing.in_exchange().values

    job = governing.applied(governing.plan())

    assert job.state is State.HELD
    assert governing.in_exchange().values == before
