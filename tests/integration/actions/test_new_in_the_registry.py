"""What a thief writes into the registry lets no held wipe through at the last hop either, before its time."""

from datetime import timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.contracts.hold_text import hold_text
from exconn.ledger import Job, State
from exconn.signing import SigningKey, load_registry, new_signing_key, sign
from exconn.signing.registry_trace import RegistryTrace
from tests.support.jobs.releases import release_of
from tests.support.jobs.wipe_jobs import CONNECTOR, NO_ROOM, WIDE, Wiping
from tests.support.requests.registries import later

DAY = timedelta(days=1)
STRICT = (
    '\n[bounds.erase]\nshort = { count = 1, within = "1d" }\nlong = { count = 1, within = "1d" }\nfleet_floor = 1\n'
)


@pytest.fixture(autouse=True)
def legal_record() -> None:
    """What is written here is illegal by intention."""


def announce(wiping: Wiping) -> None:
    RegistryTrace(wiping.client).count(load_registry(wiping.registry), by="intake")


def edit(wiping: Wiping, old: str, new: str, *, more: str = "") -> None:
    """The next revision of the file, which intake announces."""
    revision = load_registry(wiping.registry).revision
    text = wiping.registry.read_text().replace(f"revision = {revision}", f"revision = {revision + 1}")
    assert old in text
    wiping.registry.write_text(text.replace(old, new) + more)
    announce(wiping)


def second_key(wiping: Wiping) -> SigningKey:
    key = new_signing_key()
    told = f'\n[requesters.boss]\nkeys = ["{key.public_text}"]\nrole = "admin"\nconnectors = ["*"]\n'
    edit(wiping, "", "", more=told)
    return key


def let_go(wiping: Wiping, action: str, key: SigningKey, by: str) -> Job:
    """What a fallen service could write: the wipe goes on with a release that this key signed."""
    held = wiping.job(action)
    request = release_of(wiping.ledger, action, shown=hold_text(held.reason, held.subject), by=by)
    envelope = sign(request, key).model_dump_json()
    wiping.ledger.release(CONNECTOR, [action], release_id=request.nonce, by="thief", grant=envelope)
    return wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))


def test_a_release_by_a_new_key_lets_no_wipe_through_before_a_day(wiping: Wiping) -> None:
    announce(wiping)
    guid = wiping.fresh_device()
    action = wiping.request(guid, limits=NO_ROOM)
    boss = second_key(wiping)

    assert let_go(wiping, action, boss, "boss").state is State.HELD
    assert wiping.clears(guid) == 0

    later(wiping.client, DAY)
    assert let_go(wiping, action, boss, "boss").state is State.SETTLED
    assert wiping.clears(guid) == 1


def test_an_own_release_does_not_count_where_the_single_administrator_is_new(wiping: Wiping) -> None:
    announce(wiping)
    edit(wiping, "single_administrator = false", "single_administrator = true")
    guid = wiping.fresh_device()
    action = wiping.request(guid, limits=NO_ROOM, accepted_ago=timedelta(minutes=61))

    job = let_go(wiping, action, wiping.key, "operator")

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)


def test_bounds_that_are_wider_since_today_let_no_more_wipes_through(wiping: Wiping) -> None:
    """The job itself has the wide limits, as a fallen intake or a revision in between may have given them."""
    wide = wiping.registry.read_text()
    wiping.registry.write_text(wide[: wide.index("[bounds.erase]")] + STRICT)
    announce(wiping)
    edit(wiping, STRICT, wide[wide.index("[bounds.erase]") :])
    first, second = wiping.fresh_device(), wiping.fresh_device()
    wiping.work(wiping.request(first, limits=WIDE), until=lambda job: job.state is State.SETTLED)

    action = wiping.request(second, limits=WIDE)
    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.state, job.reason, wiping.clears(second)) == (State.HELD, HoldReason.BREAKER, 0)
