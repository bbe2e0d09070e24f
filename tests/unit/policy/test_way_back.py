"""What is still ours of a policy, and so put back: pure."""

from datetime import timedelta

from exconn.contracts.policy_towards import Goal, Leaves, Towards
from exconn.policy.drift import Change
from exconn.policy.plan_store import Plan, decode_plan
from exconn.policy.way_back import Left, way_back

BEFORE = {"PasswordEnabled": False, "MinPasswordLength": 4}
SET = {"PasswordEnabled": True, "MinPasswordLength": 6}


def test_what_shows_as_it_was_set_is_put_back() -> None:
    changes, left = way_back(SET, BEFORE, SET)

    assert changes == (
        Change(parameter="MinPasswordLength", found=6, wanted=4),
        Change(parameter="PasswordEnabled", found=True, wanted=False),
    )
    assert left == ()


def test_what_has_its_value_of_before_is_not_named() -> None:
    assert way_back(BEFORE, BEFORE, SET) == ((), ())


def test_what_was_changed_since_is_left() -> None:
    changes, left = way_back(SET | {"MinPasswordLength": 9}, BEFORE, SET)

    assert [change.parameter for change in changes] == ["PasswordEnabled"]
    assert left == (Left(parameter="MinPasswordLength", found=9, before=4, why=Leaves.CHANGED_SINCE),)


def test_what_is_shown_no_more_is_left() -> None:
    _, left = way_back({"PasswordEnabled": False}, BEFORE, SET)

    assert [(each.parameter, each.why) for each in left] == [("MinPasswordLength", Leaves.CHANGED_SINCE)]


def test_what_was_never_set_from_here_is_left() -> None:
    changes, left = way_back({"PasswordHistory": 5}, {"PasswordHistory": 0}, {})

    assert (changes, [each.why for each in left]) == ((), [Leaves.NOT_SET_HERE])


def test_what_was_not_set_before_is_left() -> None:
    changes, left = way_back({"PasswordHistory": 5}, {"PasswordHistory": None}, {"PasswordHistory": 5})

    assert (changes, [each.why for each in left]) == ((), [Leaves.WAS_NOT_SET])


def test_a_plan_back_survives_the_ledger_with_its_digest_which_tells_the_goals_apart() -> None:
    changes = (Change(parameter="MinPasswordLength", found=6, wanted=4),)
    left = (Left(parameter="PasswordHistory", found=timedelta(days=1), before=None, why=Leaves.WAS_NOT_SET),)
    undo = Towards(goal=Goal.UNDO, job="policy-apply-aaaaaaaaaaaaaaaa")
    plan = Plan(policy="p", revision=3, changes=changes, left=left, towards=undo, guarded=("password",))

    assert decode_plan(plan.encoded()) == plan
    assert decode_plan(plan.encoded()).digest == plan.digest
    assert plan.digest != Plan(policy="p", revision=3, changes=changes).digest
