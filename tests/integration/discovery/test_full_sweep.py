"""Install and sweep a simulated organization with a real worker: facts and register hold exactly what it has."""

from datetime import UTC, datetime

from exconn.contracts import FactsType, digest_of
from exconn.stream import Number
from tests.integration.discovery.scene import CONNECTOR, Scene


def test_an_installation_says_1015_and_which_organization_it_is(scene: Scene) -> None:
    scene.worker()

    job = scene.settled(scene.install())

    state = scene.store.get(CONNECTOR)
    announced = [message for message in scene.messages(job.id) if message.number == Number.INSTALLED]
    assert (state.state, state.status_id, state.organization) == ("installed", 1015, job.data["organization"])
    assert job.data["status_id"] == 1015
    assert [message.text for message in announced] == ["Component SMS_EXCHANGE_CONNECTOR installed"]


def test_a_full_sweep_holds_exactly_the_organization(scene: Scene) -> None:
    scene.worker()

    job = scene.settled(scene.sweep())

    there = scene.devices()
    facts = {fact.guid: fact for fact in scene.facts(FactsType.DEVICES)}
    entries = scene.entries()
    owners = {fact.guid for fact in scene.facts(FactsType.OWNERS)}
    assert set(facts) == set(there)
    assert scene.registered() == scene.register.fleet_size(CONNECTOR) == len(there) == 320
    assert {fact.guid for fact in scene.facts(FactsType.STATISTICS)} == set(there)
    assert {fact.owner for fact in facts.values()} <= owners
    assert job.data["devices"] == 320
    assert job.data["owners"] == len({fact.owner for fact in facts.values()})
    for guid, device in there.items():
        entry = entries[guid]
        assert entry is not None
        assert facts[guid].device_id == device["device_id"]
        assert (entry.device_type, entry.model) == (device["device_type"], device["model"])
        assert entry.fingerprint.device == digest_of(device["device_id"])
        assert entry.fingerprint.mailbox == facts[guid].owner
        assert entry.fingerprint.created == facts[guid].created
        assert entry.fingerprint.first_sync == facts[guid].first_sync
        assert entry.seen_at.year > 1970


def test_a_sweep_says_what_it_did_and_closes_behind_its_pages(scene: Scene) -> None:
    scene.worker()
    started = datetime.now(UTC)

    job = scene.settled(scene.sweep())

    (closing,) = scene.facts(FactsType.FINALISE)
    last = scene.client.xrevrange(f"exconn:facts:{CONNECTOR}", count=1)[0][1]
    said = {message.number: message for message in scene.messages()}
    assert last["type"] == "finalise"
    assert (closing.sweep, closing.devices) == (1, 320)
    assert abs((closing.started_at - started).total_seconds()) < 60
    assert said[Number.SWEEP_STARTED].text == "Sweep 1 listed 320 devices"
    assert said[Number.SWEEP_FINISHED].text == "Sweep 1 finished: 320 devices"
    assert job.data["expected"] is None


def test_a_second_sweep_emits_only_statistics_that_moved(scene: Scene) -> None:
    scene.worker()
    scene.settled(scene.sweep())
    scene.client.delete(f"exconn:facts:{CONNECTOR}")

    job = scene.settled(scene.sweep())

    kinds = [fields["type"] for _, fields in scene.client.xrange(f"exconn:facts:{CONNECTOR}")]
    assert set(kinds) <= {"statistics", "finalise"}
    assert job.data == {
        "outcome": "succeeded",
        "number": 2,
        "devices": 320,
        "owners": job.data["owners"],
        "expected": 320,
    }
    assert {entry.sweep for entry in scene.entries().values() if entry} == {2}


def test_a_sweep_changes_nothing_in_exchange(scene: Scene) -> None:
    scene.worker()

    scene.installed_and_swept()

    used = {entry["cmdlet"] for entry in scene.simulator.oracle()}
    assert all(name.startswith("Get-") or name == "Set-ADServerSettings" for name in used)
