"""What the policy worker keeps on the ledger server, with its own user."""

from exconn.connector import PolicyValue
from exconn.keyspace import connect
from exconn.policy.drift import Change
from exconn.policy.plan_store import Plan, Plans
from tests.conformance.access.conftest import Guarded


def test_the_policy_worker_keeps_plans_and_what_exchange_had_also_of_settings_that_came_later(guarded: Guarded) -> None:
    client = connect(guarded.url("policy", "ledger"))
    plans = Plans(client)
    first: dict[str, PolicyValue | None] = {"DevicePolicyRefreshInterval": "Unlimited"}
    more: dict[str, PolicyValue | None] = {"DevicePolicyRefreshInterval": 4, "AllowDesktopSync": True}
    most = more | {"AllowDesktopSync": False, "AllowInternetSharing": False}

    assert plans.take("demo", "general:g:1", first) == first
    assert plans.take("demo", "general:g:1", more) == first | {"AllowDesktopSync": True}
    assert plans.take("demo", "general:g:1", most) == first | {"AllowDesktopSync": True, "AllowInternetSharing": False}
    assert plans.take("demo", "general:g:1", first) == first

    plan = Plan(policy="p", revision=1, changes=(Change(parameter="PasswordEnabled", found=False, wanted=True),))
    plans.save("demo", "policy-plan-a", plan)
    assert plans.find("demo", "policy-plan-a") == plan
    client.close()
