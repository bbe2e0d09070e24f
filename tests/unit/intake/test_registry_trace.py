"""The registry leaves a trace: announced once by its revision, with what has changed; an earlier one does not count."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from exconn.contracts import Answer
from exconn.intake.admit import admit
from exconn.intake.registry_watch import RegistryWatch
from exconn.keyspace import keys
from exconn.signing import Registry, new_signing_key, parse_registry, sign
from exconn.signing.announced import Known
from exconn.signing.errors import SupersededRegistryError
from exconn.signing.registry_summary import MOST_TOLD
from exconn.signing.registry_trace import RegistryTrace
from exconn.stream import Number
from tests.support.requests.receiving import ANNA, BERT, IntakeScene
from tests.support.requests.signed import registry_text, request_of
from tests.support.streams.records import messages_of


def revision_of(
    revision: int, *, names: tuple[str, ...] = ("anna",), single: bool = False, bounds: str = ""
) -> Registry:
    known = {name: {"anna": ANNA, "bert": BERT}[name] for name in names}
    return parse_registry(registry_text(known, revision=revision, single=single, bounds=bounds))


def told(client: redis.Redis, number: Number = Number.REGISTRY_CHANGED) -> list[dict[str, Any]]:
    return [dict(message.data) for message in messages_of(client) if message.number == number]


def asked(scene: IntakeScene) -> Answer:
    return admit(sign(request_of(), ANNA).model_dump_json(), scene.context).answer


def test_an_insider_who_enters_himself_as_second_person_is_announced(redis_client: redis.Redis) -> None:
    trace = RegistryTrace(redis_client)
    trace.count(revision_of(1), by="intake")

    trace.count(revision_of(2, names=("anna", "bert"), single=True), by="intake")

    changed = told(redis_client)[1]
    fields = {change["field"]: (change["old"], change["new"]) for change in changed["differences"]}
    assert (changed["revision"], changed["before"]) == (2, 1)
    assert fields["single_administrator"] == ("false", "true")
    assert fields["requesters.bert.role"] == ("", "admin")
    assert fields["requesters.bert.keys"] == ("", BERT.id)
    assert not any("anna" in field for field in fields)
    assert BERT.public_text not in json.dumps(changed)


def test_a_revision_is_announced_once_whoever_comes_first(redis_client: redis.Redis) -> None:
    trace = RegistryTrace(redis_client)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: RegistryTrace(redis_client).count(revision_of(1), by="intake"), range(8)))
    trace.count(revision_of(1), by="intake")

    assert [change["revision"] for change in told(redis_client)] == [1]


def test_who_read_before_another_announced_a_later_one_does_not_put_an_earlier_one_back(
    redis_client: redis.Redis,
) -> None:
    class Slow(RegistryTrace):
        def _known(self) -> Known:
            found = super()._known()
            RegistryTrace(redis_client).count(revision_of(2), by="another intake")
            return found

    with pytest.raises(SupersededRegistryError):
        Slow(redis_client).count(revision_of(1), by="intake")

    assert [change["revision"] for change in told(redis_client)] == [2]


def test_a_change_of_bounds_is_announced_with_old_and_new(redis_client: redis.Redis) -> None:
    trace = RegistryTrace(redis_client)
    trace.count(revision_of(1), by="intake")

    trace.count(revision_of(2, bounds="[bounds.quota]\nper_hour = 50\n"), by="intake")

    changed = told(redis_client)[1]
    assert changed["differences"] == [
        {"field": "bounds.quota", "old": "5 an hour, 20 a day", "new": "50 an hour, 20 a day"}
    ]
    assert changed["wider"] == ["bounds.quota.per_hour"]


def test_a_message_names_no_more_than_so_many_differences(redis_client: redis.Redis) -> None:
    known = {f"r{number}": new_signing_key() for number in range(30)}

    RegistryTrace(redis_client).count(parse_registry(registry_text(known)), by="intake")

    changed = told(redis_client)[0]
    assert len(changed["differences"]) == MOST_TOLD
    assert changed["count"] > MOST_TOLD


@pytest.mark.parametrize(
    "put_back", [revision_of(1, names=("anna", "bert")), revision_of(2, names=("anna",), single=True)]
)
def test_an_earlier_registry_and_another_one_under_the_same_number_do_not_count(
    redis_client: redis.Redis, put_back: Registry
) -> None:
    trace = RegistryTrace(redis_client)
    trace.count(revision_of(2), by="intake")

    for _ in range(2):
        with pytest.raises(SupersededRegistryError, match="revision = 3"):
            trace.count(put_back, by="intake")

    assert [change["revision"] for change in told(redis_client)] == [2]
    refused = told(redis_client, Number.REGISTRY_REFUSED)
    assert [(one["revision"], one["announced"]) for one in refused] == [(put_back.revision, 2)]


def test_an_intake_whose_registry_is_no_longer_the_newest_admits_nobody(scene: IntakeScene) -> None:
    assert asked(scene).status == "accepted"
    other = RegistryTrace(scene.client)

    other.count(revision_of(9, names=("bert",)), by="intake")
    answer = asked(scene)

    assert (answer.status, answer.error) == ("refused", "no_registry")
    assert "revision = 10" in (answer.remedy or "")


def test_a_change_is_announced_without_any_request(scene: IntakeScene) -> None:
    watch = RegistryWatch(scene.context)
    scene.registry = revision_of(1, names=("anna",))

    watch.look()
    watch.look()

    assert [change["revision"] for change in told(scene.client)] == [1, 2]


def test_a_key_is_known_since_it_was_announced_first_and_those_of_the_first_registry_since_ever(
    redis_client: redis.Redis,
) -> None:
    trace = RegistryTrace(redis_client)
    trace.count(revision_of(1), by="intake")
    trace.count(revision_of(2, names=("anna", "bert")), by="intake")
    since = int(redis_client.hget(keys.REGISTRY, f"key:bert:{BERT.id}") or "0")

    trace.count(revision_of(3, names=("anna", "bert"), single=True), by="intake")

    assert redis_client.hget(keys.REGISTRY, f"key:anna:{ANNA.id}") == "0"
    assert since > 0
    assert redis_client.hget(keys.REGISTRY, f"key:bert:{BERT.id}") == str(since)


def test_a_key_that_was_taken_out_is_new_when_it_comes_again(redis_client: redis.Redis) -> None:
    trace = RegistryTrace(redis_client)
    trace.count(revision_of(1, names=("anna", "bert")), by="intake")

    trace.count(revision_of(2), by="intake")
    gone = redis_client.hget(keys.REGISTRY, f"key:bert:{BERT.id}")
    trace.count(revision_of(3, names=("anna", "bert")), by="intake")

    assert gone is None
    assert int(redis_client.hget(keys.REGISTRY, f"key:bert:{BERT.id}") or "0") > 0
