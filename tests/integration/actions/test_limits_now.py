"""Brakes that were tightened while a wipe waited: the stricter ones hold it."""

from exconn.contracts import HoldReason
from exconn.ledger import Outcome
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, settled


def test_a_quota_that_was_tightened_since_holds_a_wipe_that_was_accepted_before(wiping: Wiping) -> None:
    first, second = wiping.fresh_device(), wiping.fresh_device()
    assert wiping.work(wiping.request(first), until=settled).outcome == Outcome.SUCCEEDED
    action = wiping.request(second)
    wide = wiping.store.definition(CONNECTOR)
    quota = wide.limits.quota.model_copy(update={"per_hour": 1})
    tight = wide.model_copy(update={"limits": wide.limits.model_copy(update={"quota": quota})})

    wiping.store.apply(tight, "operator")
    try:
        assert wiping.held(action).reason == HoldReason.QUOTA
        assert wiping.clears(second) == 0
    finally:
        wiping.store.apply(wide, "operator")
        wiping.ledger.cancel(action, by="operator")


def test_bounds_of_the_registry_that_were_tightened_since_hold_a_wipe_that_was_accepted_before(wiping: Wiping) -> None:
    first, second = wiping.fresh_device(), wiping.fresh_device()
    assert wiping.work(wiping.request(first), until=settled).outcome == Outcome.SUCCEEDED
    action = wiping.request(second)
    wide = wiping.registry.read_text(encoding="utf-8")
    tight = wide.replace('short = { count = 100000, within = "1d" }', 'short = { count = 1, within = "1d" }')

    wiping.registry.write_text(tight, encoding="utf-8")
    try:
        assert wiping.held(action).reason == HoldReason.BREAKER
        assert wiping.clears(second) == 0
    finally:
        wiping.registry.write_text(wide, encoding="utf-8")
        wiping.ledger.cancel(action, by="operator")
