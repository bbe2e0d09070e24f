"""One stolen key widens no brake and moves no address or secret: that waits for a second requester."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis

from exconn.connector import (
    ConnectorState,
    ConnectorStore,
    Difference,
    PendingChange,
    PendingChanges,
    parse_definition,
    sample_definition,
)
from exconn.contracts import Answer
from exconn.contracts.request import RequestKind, Target
from exconn.keyspace import keys
from exconn.signing import parse_registry
from exconn.stream import Number
from tests.support.requests.receiving import ANNA, BERT, IntakeScene
from tests.support.requests.registries import give_long_ago
from tests.support.requests.signed import organization_of, registry_text
from tests.support.streams.records import messages_of

SAMPLE = sample_definition("north")
WIDER = SAMPLE.replace("per_hour = 5", "per_hour = 4")
ROGUE = SAMPLE.replace("https://mail.example.org", "https://rogue.example.net").replace('"kerberos"', '"basic"')


def apply(scene: IntakeScene, text: str, **fields: object) -> Answer:
    return scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=text), **fields)


def pending(scene: IntakeScene) -> list[PendingChange]:
    return PendingChanges(scene.client).all()


def release(scene: IntakeScene, change: PendingChange, *, by: str = "bert", shown: str | None = None) -> Answer:
    target = Target(jobs=(change.id,), digest=shown or change.shown)
    return scene.ask(RequestKind.RELEASE, requester=by, connector=change.connector, target=target)


def test_stolen_key_widens_no_brake(scene: IntakeScene) -> None:
    strict = SAMPLE.replace("{ count = 10,", "{ count = 3,")
    assert apply(scene, strict).details["revision"] == 2

    answer = apply(scene, SAMPLE)

    assert (answer.status, answer.state) == ("accepted", "pending")
    assert answer.details["differences"] == [
        {"field": "limits.erase.short.count", "old": "3", "new": "10", "why": "widens_limit"}
    ]
    assert scene.store.definition("north").limits.erase.short.count == 3


def test_definition_beyond_the_bounds_of_the_registry_is_refused_for_everybody(scene: IntakeScene) -> None:
    answer = apply(scene, SAMPLE.replace("{ count = 10,", "{ count = 100000,"))

    assert answer.error == "definition"
    assert "limits.erase.short.count = 100000 goes beyond the deployment's bound 10" in (answer.text or "")
    assert answer.remedy
    assert pending(scene) == []


def test_stolen_key_sends_no_password_to_another_server(scene: IntakeScene) -> None:
    before = scene.store.definition("north")

    answer = apply(scene, ROGUE)

    assert {one["why"] for one in _differences(answer)} == {"moves_address", "weaker_sign_in"}
    assert scene.store.definition("north") == before


def test_harmless_part_of_a_pending_definition_is_not_applied_either(scene: IntakeScene) -> None:
    before = scene.store.definition("north")

    apply(scene, ROGUE.replace("full_every_hours = 24", "full_every_hours = 12"))

    assert scene.store.definition("north") == before


def test_tightening_needs_nobody_else(scene: IntakeScene) -> None:
    assert apply(scene, WIDER).details["revision"] == 2
    assert scene.store.definition("north").limits.quota.per_hour == 4


def test_thief_does_not_release_what_the_same_key_proposed(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    [change] = pending(scene)

    assert release(scene, change, by="anna").error == "second_person"
    assert pending(scene) == [change]


def test_second_requester_releases_exactly_what_was_shown(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    [change] = pending(scene)
    prettier = change.model_copy(update={"differences": ()})
    assert release(scene, change, shown=prettier.shown).error == "bad_target"

    answer = release(scene, change)

    assert (answer.status, answer.details["revision"], answer.details["change"]) == ("accepted", 2, change.id)
    assert scene.store.definition("north") == parse_definition(ROGUE)
    assert pending(scene) == []


def test_change_is_announced_when_it_is_proposed_and_when_it_is_released(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    release(scene, pending(scene)[0])

    said = [(m.number, m.by, m.severity) for m in messages_of(scene.client) if 50510 <= m.number <= 50512]
    assert said == [(Number.CHANGE_PENDING, "anna", "W"), (Number.CHANGE_RELEASED, "bert", "W")]
    url = {"field": "exchange.url", "new": "https://rogue.example.net/PowerShell/", "why": "moves_address"}
    told = [m.data["differences"] for m in messages_of(scene.client) if m.number == Number.CHANGE_PENDING]
    assert url.items() <= told[0][0].items()  # type: ignore[index]


def test_change_made_over_an_older_definition_is_not_released(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    [change] = pending(scene)
    scene.store.apply(parse_definition(WIDER), "bert")

    assert release(scene, change).error == "connector"
    assert scene.store.definition("north") == parse_definition(WIDER)


def test_change_is_not_released_over_a_definition_that_differs_in_harmless_things_only(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    [change] = pending(scene)
    harmless = parse_definition(SAMPLE.replace("full_every_hours = 24", "full_every_hours = 12"))
    scene.store.apply(harmless, "bert")

    assert release(scene, change).error == "connector"
    assert scene.store.definition("north") == harmless


def test_content_that_was_exchanged_behind_what_is_shown_is_not_released(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    [change] = pending(scene)
    other = parse_definition(ROGUE.replace("rogue", "worse")).model_dump_json()

    scene.client.hset(keys.CHANGES, change.id, change.model_copy(update={"content": other}).model_dump_json())
    assert release(scene, change).error == "bad_target"

    whole = change.model_copy(update={"content": other, "digest": hashlib.sha256(other.encode()).hexdigest()})
    scene.client.hset(keys.CHANGES, change.id, whole.model_dump_json())
    assert release(scene, whole).error == "connector"
    assert scene.store.definition("north") == parse_definition(SAMPLE)


@pytest.mark.parametrize("text", [WIDER, ROGUE.replace("rogue", "other")], ids=["in force", "pending"])
def test_newer_definition_supersedes_the_pending_one(scene: IntakeScene, text: str) -> None:
    apply(scene, ROGUE)
    [old] = pending(scene)

    apply(scene, text)

    assert old not in pending(scene)
    assert release(scene, old).error == "unknown_job"
    [dropped] = [m for m in messages_of(scene.client) if m.number == Number.CHANGE_DROPPED]
    assert (dropped.data["change"], dropped.data["why"]) == (old.id, "superseded")


def test_another_name_for_the_same_organization_waits(scene: IntakeScene) -> None:
    assert scene.ask(RequestKind.CONNECTOR_REMOVE).status == "accepted"

    answer = apply(scene, sample_definition("north2"), connector="north2")

    assert (answer.state, _differences(answer)[0]["why"]) == ("pending", "new_connector")
    assert scene.store.find("north2") is None


def test_of_two_first_connectors_at_once_only_one_waits_for_nobody(redis_client: redis.Redis) -> None:
    """Both were found to be the first when they were looked at; what is written decides."""

    class Slow(ConnectorStore):
        def apply(self, *args: Any, **fields: Any) -> ConnectorState:
            if not other.store.states():
                assert apply(other, sample_definition("south"), connector="south").job
            return super().apply(*args, **fields)

    registry = parse_registry(registry_text({"anna": ANNA, "bert": BERT}))
    other, scene = IntakeScene(redis_client, registry), IntakeScene(redis_client, registry)
    scene.context = replace(scene.context, store=Slow(redis_client))

    answer = apply(scene, sample_definition("north"))

    assert (answer.state, _differences(answer)[0]["why"]) == ("pending", "new_connector")
    assert list(other.store.states()) == ["south"]
    [change] = pending(scene)
    assert release(scene, change).details["revision"] == 1


def test_released_new_connector_is_installed_and_runs(scene: IntakeScene) -> None:
    apply(scene, sample_definition("south"), connector="south")
    [change] = pending(scene)

    answer = release(scene, change)

    assert (answer.details["revision"], answer.details["state"]) == (1, "flagged")
    job = scene.ledger.job(answer.job or "")
    assert job is not None
    assert job.kind == "install"
    assert scene.ledger.switch("south") == "running"


def test_removed_connector_returns_freely_under_its_old_addresses_only(scene: IntakeScene) -> None:
    scene.ask(RequestKind.CONNECTOR_REMOVE)

    assert apply(scene, ROGUE).state == "pending"
    assert apply(scene, SAMPLE).details["state"] == "flagged"


def test_renaming_begins_no_empty_count(scene: IntakeScene) -> None:
    seconds, _ = scene.client.time()
    tokens = {f"wipe-{number}": seconds * 1000 for number in range(10)}
    scene.client.zadd(keys.brake(organization_of("north2"), "erase"), tokens)
    scene.ask(RequestKind.CONNECTOR_REMOVE)
    apply(scene, sample_definition("north2"), connector="north2")
    release(scene, pending(scene)[0])
    scene.store.set_installed("north2", organization_of("north2"), "discovery")
    scene.ask(RequestKind.CONNECTOR_ARM, connector="north2", target=Target(feature="actions"))
    scene.store.arm("north2", "actions", "actions")

    wipe = scene.ask(connector="north2")

    assert (wipe.status, wipe.state) == ("accepted", "held")


@pytest.mark.parametrize(
    ("minutes", "word"), [(0, "too_early"), (59, "too_early"), (61, None)], ids=["at once", "59 minutes", "61 minutes"]
)
def test_single_administrator_releases_an_own_change_only_after_an_hour(
    scene: IntakeScene, minutes: int, word: str | None
) -> None:
    give_long_ago(scene, replace(scene.registry, single_administrator=True))
    apply(scene, ROGUE)
    [change] = pending(scene)
    earlier = change.model_copy(update={"at": change.at - timedelta(minutes=minutes)})
    scene.client.hset(keys.CHANGES, change.id, earlier.model_dump_json())

    assert release(scene, earlier, by="anna").error == word


def test_change_that_waited_too_long_is_not_released(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    [change] = pending(scene)
    late = change.model_copy(update={"expires_at": change.at})
    scene.client.hset(keys.CHANGES, change.id, late.model_dump_json())

    assert release(scene, late).error == "unknown_job"
    [dropped] = [m for m in messages_of(scene.client) if m.number == Number.CHANGE_DROPPED]
    assert dropped.data["why"] == "expired"


def test_anybody_with_the_right_drops_a_change(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    [change] = pending(scene)

    answer = scene.ask(RequestKind.JOB_CANCEL, requester="bert", target=Target(jobs=(change.id,)))

    assert answer.details == {"results": [f"{change.id} cancelled"]}
    assert pending(scene) == []


def test_removing_a_connector_drops_its_pending_definition(scene: IntakeScene) -> None:
    apply(scene, ROGUE)
    scene.ask(RequestKind.CONNECTOR_REMOVE)

    assert pending(scene) == []


def test_released_change_of_the_actions_account_disarms_actions(scene: IntakeScene) -> None:
    apply(scene, SAMPLE.replace("exconn-actions@", "somebody@"))
    assert scene.store.get("north").armed == ("actions",)

    release(scene, pending(scene)[0])

    assert scene.store.get("north").armed == ()
    assert messages_of(scene.client)[-1].number == Number.CONNECTOR_DISARMED


def test_same_bytes_again_propose_nothing_new(scene: IntakeScene) -> None:
    first = apply(scene, ROGUE, nonce="a-nonce-of-a-test-01")
    scene.client.delete(keys.answer("anna", "a-nonce-of-a-test-01"))

    assert apply(scene, ROGUE, nonce="a-nonce-of-a-test-01").details["change"] == first.details["change"]
    assert len(pending(scene)) == 1


def test_release_whose_answer_was_lost_is_told_again(scene: IntakeScene) -> None:
    apply(scene, sample_definition("south"), connector="south")
    [change] = pending(scene)
    first = release(scene, change)
    scene.ask(RequestKind.PAUSE, connector="south")

    again = release(scene, change)

    assert (again.status, again.job, again.details) == ("accepted", first.job, first.details)
    assert scene.ledger.switch("south") == "paused"


def _differences(answer: Answer) -> list[dict[str, str]]:
    found = answer.details["differences"]
    assert isinstance(found, list)
    return [Difference.model_validate(one).model_dump(mode="json") for one in found]
