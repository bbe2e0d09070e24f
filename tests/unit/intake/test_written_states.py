"""Requests about a connector whose state a fallen worker has written: intake goes by what it has pinned itself."""

import json
import re

import pytest

from exconn.connector import PendingChanges, parse_definition, sample_definition
from exconn.contracts import Kind
from exconn.contracts.request import RequestKind, Target
from exconn.keyspace import keys
from exconn.stream import Number
from tests.support.requests.receiving import OTHER_DEVICE, IntakeScene
from tests.support.requests.signed import organization_of
from tests.support.streams.records import messages_of
from tests.support.streams.written import WRITTEN

FRESH = "99999999-3f5c-4f0e-9a53-0c6a2b1d7e11"


def write(scene: IntakeScene, **changes: object) -> None:
    state = json.loads(scene.client.hget(keys.CONNECTORS, "north") or "")
    scene.client.hset(keys.CONNECTORS, "north", json.dumps(state | changes))


@pytest.mark.parametrize("organization", [FRESH, None])
def test_a_wipe_is_counted_by_the_organization_that_is_pinned(scene: IntakeScene, organization: str | None) -> None:
    write(scene, organization=organization)

    answer = scene.ask()

    job = scene.ledger.job(str(answer.job))
    assert (answer.status, job and job.organization) == ("accepted", organization_of("north"))


def test_limits_of_an_earlier_revision_do_not_count_again(scene: IntakeScene) -> None:
    stricter = re.sub(r"per_hour = \d+", "per_hour = 1", sample_definition("north"))
    newest = scene.store.apply(parse_definition(stricter), "anna")
    write(scene, revision=1)

    job = scene.ledger.job(str(scene.ask().job))

    assert job is not None
    assert (job.revision, json.loads(job.limits)["quota"][0][0]) == (newest.revision, 1)


@pytest.mark.parametrize("text", ["{}", "?"], ids=["armed taken out", "nobody can read it"])
def test_a_feature_whose_account_changed_is_not_armed_because_a_state_says_so(scene: IntakeScene, text: str) -> None:
    """Who takes out of the state what is armed, while the account changes, cannot put it in again afterwards."""
    before = json.loads(scene.client.hget(keys.CONNECTORS, "north") or "")
    write(scene, armed=[])
    if text == "?":
        scene.client.hset(keys.CONNECTORS, "north", text)
    sample = sample_definition("north")
    actions = sample.index("[accounts.actions]")
    moved = sample[:actions] + sample[actions:].replace('username = "', 'username = "other-', 1)

    assert scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=moved)).state == "pending"
    (change,) = PendingChanges(scene.client).all()
    release = Target(jobs=(change.id,), digest=change.shown)
    assert scene.ask(RequestKind.RELEASE, requester="bert", target=release).status == "accepted"
    scene.client.hset(keys.CONNECTORS, "north", json.dumps(before | {"revision": scene.store.get("north").revision}))

    assert scene.ask().error == "not_armed"


def test_a_pause_answers_for_the_connector_that_it_names(scene: IntakeScene) -> None:
    write(scene, name="south")

    assert scene.ask(RequestKind.PAUSE).status == "accepted"

    assert scene.client.get(keys.switch("north")) == "paused"


@pytest.mark.parametrize("text", WRITTEN)
def test_a_connector_whose_state_cannot_be_read_is_paused_and_mended_by_a_definition(
    scene: IntakeScene, text: str
) -> None:
    scene.client.hset(keys.CONNECTORS, "north", text)

    assert scene.ask().error == "not_installed"
    assert scene.ask(RequestKind.PAUSE).status == "accepted"
    answer = scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=sample_definition("north")))

    assert (answer.status, scene.client.get(keys.switch("north"))) == ("accepted", "paused")
    assert scene.store.get("north").state == "flagged"


@pytest.mark.parametrize("text", [*WRITTEN, pytest.param("revision", id="a state of a high revision")])
def test_a_state_under_a_name_that_was_never_applied_is_of_no_connector_and_the_name_stays_free(
    scene: IntakeScene, text: str
) -> None:
    made_up = json.loads(scene.client.hget(keys.CONNECTORS, "north") or "") | {"name": "south", "revision": 10**6}
    made_up |= {"organization": FRESH, "armed": ["actions"]}
    scene.client.hset(keys.CONNECTORS, "south", json.dumps(made_up) if text == "revision" else text)

    refused = scene.ask(connector="south").error
    pinned = scene.client.hgetall(keys.revisions("south"))
    definition = sample_definition("south")
    asked = scene.ask(RequestKind.CONNECTOR_APPLY, connector="south", target=Target(definition=definition))
    (change,) = PendingChanges(scene.client).all()
    target = Target(jobs=(change.id,), digest=change.shown)
    released = scene.ask(RequestKind.RELEASE, requester="bert", connector="south", target=target)

    assert (refused, pinned, asked.state, released.status) == ("unknown_connector", {}, "pending", "accepted")
    state = scene.store.get("south")
    assert (state.revision, state.state, state.armed) == (1, "flagged", ())
    assert scene.store.definition("south") == parse_definition(definition)


def test_nothing_is_pinned_by_a_state_whose_revision_there_is_not(scene: IntakeScene) -> None:
    scene.client.hset(keys.revisions("north"), "newest", "")
    write(scene, revision=10**6)

    scene.ask()

    assert scene.client.hget(keys.revisions("north"), "newest") == ""


def test_nothing_is_armed_because_a_state_says_so(scene: IntakeScene) -> None:
    assert scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions")).status == "accepted"
    write(scene, armed=["actions"])

    assert scene.ask().error == "not_armed"


def test_an_arming_that_was_asked_for_counts_when_its_worker_says_so(scene: IntakeScene) -> None:
    scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))
    scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="actions"))
    assert scene.ask().error == "not_armed"

    scene.store.arm("north", "actions", "actions")

    assert scene.ask().status == "accepted"


def test_a_connector_that_was_installed_for_nobody_knows_whom_takes_no_action(scene: IntakeScene) -> None:
    scene.client.hset(keys.revisions("north"), "organization", "")
    write(scene, organization=None)

    assert scene.ask().error == "no_organization"


def test_another_organization_waits_for_a_second_person(scene: IntakeScene) -> None:
    moved = sample_definition("north").replace("[exchange]", f'[exchange]\norganization = "{FRESH}"')

    answer = scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=moved))

    assert answer.state == "pending"
    assert answer.details is not None
    assert [one["why"] for one in answer.details["differences"]] == ["other_organization"]  # type: ignore[index, union-attr]
    assert scene.store.get("north").organization == organization_of("north")


def test_devices_that_somebody_counts_up_are_not_all_believed(scene: IntakeScene) -> None:
    scene.client.set(keys.fleet("north"), "320")
    scene.know(OTHER_DEVICE)
    scene.ask()
    scene.client.set(keys.fleet("north"), "1000000")
    scene.ask(target=Target(device=OTHER_DEVICE))

    believed = str(scene.client.hget(keys.revisions("north"), "fleet"))

    assert believed.split()[0] == "320"


def of_an_earlier_version(scene: IntakeScene) -> None:
    """Nothing of what may be armed is pinned, as an intake of an earlier version left it."""
    scene.client.hdel(keys.revisions("north"), "may_arm:actions", "may_arm:policy")


def test_an_arming_that_is_under_way_during_an_upgrade_counts_when_its_worker_says_so(scene: IntakeScene) -> None:
    scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))
    scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="actions"))
    of_an_earlier_version(scene)
    assert scene.ask().error == "not_armed"

    scene.store.arm("north", "actions", "actions")

    assert scene.ask().status == "accepted"


def test_nothing_is_armed_after_an_upgrade_that_nobody_has_asked_to_arm(scene: IntakeScene) -> None:
    scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))
    of_an_earlier_version(scene)
    assert scene.ask().error == "not_armed"

    write(scene, armed=["actions", "policy"])

    assert scene.ask().error == "not_armed"


def test_what_is_disarmed_is_announced_once_and_its_state_says_so(scene: IntakeScene) -> None:
    for _ in range(2):
        assert scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions")).status == "accepted"

    told = [message.number for message in messages_of(scene.client)]
    assert told.count(Number.CONNECTOR_DISARMED) == 1
    assert scene.store.known()["north"].differs == ()


ANOTHER_ACCOUNT = sample_definition("north").replace("exconn-actions@", "somebody@")


def apply_released(scene: IntakeScene, definition: str) -> None:
    """Applied by one person, released by another."""
    scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=definition))
    (change,) = PendingChanges(scene.client).all()
    target = Target(jobs=(change.id,), digest=change.shown)
    assert scene.ask(RequestKind.RELEASE, requester="bert", target=target).status == "accepted"


@pytest.mark.parametrize("said", ["armed", "unreadable", "removed"])
def test_nothing_is_armed_under_an_account_that_no_preflight_saw(scene: IntakeScene, said: str) -> None:
    before = scene.client.hget(keys.CONNECTORS, "north") or ""
    if said == "armed":
        write(scene, armed=[])
    else:
        scene.client.hset(keys.CONNECTORS, "north", "?" if said == "unreadable" else json.dumps({"state": "removed"}))
    apply_released(scene, ANOTHER_ACCOUNT)

    scene.client.hset(keys.CONNECTORS, "north", before)

    assert scene.ask().error == "not_armed"


def test_nor_by_a_preflight_of_the_account_before(scene: IntakeScene) -> None:
    scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))
    job = scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="actions")).job
    apply_released(scene, ANOTHER_ACCOUNT)

    scene.store.arm("north", "actions", "actions")

    assert scene.ask().error == "not_armed"
    assert job not in scene.ledger.unsettled("north", kind=Kind.PREFLIGHT_ACTIONS)


def test_an_arming_goes_on_where_its_account_stays_the_same(scene: IntakeScene) -> None:
    scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))
    job = scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="actions")).job
    apply_released(scene, sample_definition("north").replace("exconn-policy@", "somebody@"))
    assert job in scene.ledger.unsettled("north", kind=Kind.PREFLIGHT_ACTIONS)

    scene.store.arm("north", "actions", "actions")

    assert scene.ask().status == "accepted"


def test_nor_by_a_state_that_could_not_be_read_before_a_definition_had_it_installed_anew(scene: IntakeScene) -> None:
    before = scene.client.hget(keys.CONNECTORS, "north") or ""
    scene.client.hset(keys.CONNECTORS, "north", "?")
    answer = scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=sample_definition("north")))
    assert answer.status == "accepted"

    scene.client.hset(keys.CONNECTORS, "north", before)

    assert scene.ask().error == "not_armed"
