"""The model's calls do what the ledger's do: the short worlds, each distinct pair of a state and a call."""

from typing import cast

import pytest
import redis

from tests.model.jobs import Answer, Ledger
from tests.model.real import compare
from tests.model.real_ledger import RealLedger
from tests.model.search import Search
from tests.model.watching import Pairs, watching
from tests.model.worlds import SHORT


def called_in(name: str) -> tuple[Ledger, Pairs]:
    """How a short world begins, and what is called in it."""
    world = SHORT[name]()
    with watching() as pairs:
        Search(world).run()
    return cast("Ledger", world.first()[0]), pairs


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_the_ledger_does_what_the_model_does(name: str, redis_client: redis.Redis, redis_bytes: redis.Redis) -> None:
    first, pairs = called_in(name)

    found = compare(name, first, pairs, RealLedger(redis_client, redis_bytes))

    assert (found.told, found.unreached) == ([], 0)
    assert found.pairs > 100


def test_a_difference_is_told_with_the_calls_that_lead_there(
    redis_client: redis.Redis, redis_bytes: redis.Redis
) -> None:
    first, pairs = called_in("two-jobs")
    claimed, begun = (next(pair for pair in pairs if pair.call == call) for call in ("claim", "begin"))
    wrong = pairs | {begun: Answer("ok", pairs[claimed].ledger)}

    found = compare("two-jobs", first, wrong, RealLedger(redis_client, redis_bytes))

    assert found.told[0].startswith("claim(0), begin(0, owns=True, withdraw=False): the ledger says ok, the model ok; ")
    assert "job 0: phase is 'issuing', in the model 'accepted'" in found.told[0]
