"""What the brakes counted before an upgrade counts after it, whatever else is there to be moved."""

from collections.abc import Callable
from typing import cast

import pytest
import redis

from exconn.connector import ConnectorState, ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks
from exconn.coordinator import earlier_keys
from exconn.coordinator.earlier_keys import carry_keys
from exconn.keyspace import keys

NAME, ORGANIZATION = "hq", "4f5d"
COUNT = 20


class Earlier:
    """A ledger as an earlier version left it: a requester's quota is used up."""

    def __init__(self, client: redis.Redis) -> None:
        self.client, self.store = client, ConnectorStore(client)
        self.store.apply(parse_definition(sample_definition(NAME)), "operator")
        self.store.set_installed(NAME, ORGANIZATION, "operator")

    @property
    def states(self) -> dict[str, ConnectorState]:
        return dict(self.store.states())

    def job(self, job: str, requester: str, *, connector: str = NAME, state: str = "settled") -> None:
        """What is readable of a job."""
        for field, value in (
            *(("kind", "wipe"), ("service", "actions"), ("connector", connector)),
            *(("state", state), ("requester", requester)),
        ):
            self.client.hset(keys.job(job), field, value)

    def began(self, requester: str, *, checks: Checks = Checks.ERASE, state: str = "settled") -> dict[str, float]:
        """Actions that took tokens, and are in no index yet; when each did."""
        tokens = {f"wipe-{requester}{number}": float(1000 + number) for number in range(COUNT)}
        for job in tokens:
            self.job(job, requester, state=state)
        self.client.zadd(f"exconn:quota:{NAME}:{requester}", tokens)
        if checks is Checks.ERASE:
            self.client.zadd(f"exconn:brake:{NAME}:{checks.value}", tokens)
        return tokens

    def tokens(self, requester: str) -> dict[str, float]:
        """What counts for a requester now."""
        key = keys.quota(ORGANIZATION, requester)
        return dict(cast("list[tuple[str, float]]", self.client.zrange(key, 0, -1, withscores=True)))


@pytest.fixture
def earlier(redis_client: redis.Redis) -> Earlier:
    return Earlier(redis_client)


def test_a_requester_of_whom_nothing_is_open_keeps_what_was_counted(earlier: Earlier) -> None:
    tokens = earlier.began("hr")

    assert carry_keys(earlier.client, earlier.states) == set()

    assert earlier.tokens("hr") == tokens
    assert earlier.client.zcard(keys.brake(ORGANIZATION, "erase")) == COUNT


@pytest.mark.parametrize("checks", [Checks.ERASE, Checks.ACCESS])
@pytest.mark.parametrize("step", ["_requesters", "_copy_tokens", "_name_anew", "_move_indexes"])
@pytest.mark.parametrize("place", ["after", "before"])
def test_what_was_killed_anywhere_keeps_what_was_counted_when_it_runs_again(
    earlier: Earlier, monkeypatch: pytest.MonkeyPatch, step: str, place: str, checks: Checks
) -> None:
    tokens = earlier.began("hr", checks=checks, state="queued")
    earlier.client.sadd(f"exconn:unsettled:{NAME}", *tokens)
    with monkeypatch.context() as patched:
        patched.setattr(earlier_keys, step, killed(getattr(earlier_keys, step), first=place == "after"))
        with pytest.raises(KeyboardInterrupt):
            carry_keys(earlier.client, earlier.states)

    carry_keys(earlier.client, earlier.states)

    assert earlier.tokens("hr") == tokens
    assert earlier.client.smembers(keys.open_jobs("actions", NAME)) == set(tokens)


@pytest.mark.parametrize("index", ["open", "settled"])
def test_jobs_that_an_earlier_run_moved_without_their_tokens_still_tell_whose_those_are(
    earlier: Earlier, index: str
) -> None:
    tokens = earlier.began("hr", checks=Checks.ACCESS, state="queued" if index == "open" else "settled")
    if index == "open":
        earlier.client.sadd(keys.open_jobs("actions", NAME), *tokens)
    else:
        earlier.client.zadd(keys.settled("actions"), tokens)

    carry_keys(earlier.client, earlier.states)

    assert earlier.tokens("hr") == tokens


def test_a_token_that_was_taken_since_is_left_as_it_is(earlier: Earlier) -> None:
    tokens = earlier.began("hr")
    carry_keys(earlier.client, earlier.states)
    again, *_ = tokens
    since = {again: 9000.0, "wipe-new": 9001.0}
    earlier.client.zadd(keys.quota(ORGANIZATION, "hr"), since)

    carry_keys(earlier.client, earlier.states)

    assert earlier.tokens("hr") == {**tokens, **since}


def test_a_requester_who_is_known_from_one_connector_keeps_what_was_counted_at_another(earlier: Earlier) -> None:
    tokens = earlier.began("hr", checks=Checks.ACCESS)
    earlier.store.apply(parse_definition(sample_definition("other")), "operator")
    earlier.job("wipe-elsewhere", "hr", connector="other")
    earlier.client.zadd("exconn:brake:other:erase", {"wipe-elsewhere": 1.0})

    carry_keys(earlier.client, earlier.states)

    assert earlier.tokens("hr") == tokens


def killed(step: Callable[..., object], *, first: bool) -> Callable[..., object]:
    """A step at which the process ends, after it has done it or before."""

    def stop(*args: object) -> object:
        if first:
            step(*args)
        raise KeyboardInterrupt

    return stop
