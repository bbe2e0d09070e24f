"""A real worker installs and sweeps a simulated organization: facts and register hold exactly what it has."""

from collections import Counter
from datetime import timedelta

from exconn.contracts import FactsType, GapPlace, digest_of
from exconn.keyspace import keys
from exconn.stream import Number
from tests.integration.discovery.scene import CONNECTOR, Scene
from tests.support.streams.records import records_of


def test_an_installation_says_1015_once_and_which_organization_it_is(swept: Scene) -> None:
    state = swept.store.get(CONNECTOR)
    (message,) = [message for message in swept.messages() if message.number == Number.INSTALLED]
    job = swept.job(message.job)

    assert message.text == "Component SMS_EXCHANGE_CONNECTOR installed"
    assert (state.state, state.status_id, state.organization) == ("installed", 1015, job.data["organization"])
    assert (job.kind, job.outcome, job.data["status_id"]) == ("install", "succeeded", 1015)


def test_facts_and_register_hold_exactly_the_organization(swept: Scene) -> None:
    there = swept.devices()
    facts = {fact.guid: fact for fact in swept.facts(FactsType.DEVICES)}
    owners = {fact.guid for fact in swept.facts(FactsType.OWNERS)}

    assert set(facts) == set(there)
    assert {fact.guid for fact in swept.facts(FactsType.STATISTICS)} == swept.owned()
    assert {facts[guid].owner for guid in swept.owned()} <= owners
    assert swept.registered() == swept.register.fleet_size(CONNECTOR) == len(there) == 320
    for guid, entry in swept.entries().items():
        device, fact = there[guid], facts[guid]
        assert entry is not None
        shown_id = device["device_id"] if device["directory_shows_id"] else ""
        assert fact.device_id == shown_id
        assert (entry.device_type, entry.model) == (device["device_type"], device["model"])
        assert (entry.access_state, entry.owner) == (fact.access_state, fact.owner)
        assert entry.fingerprint.device == digest_of(shown_id)
        assert (entry.fingerprint.created, entry.fingerprint.first_sync) == (fact.created, fact.first_sync)
        assert guid not in swept.owned() or swept.ledger.time() - entry.seen_at < timedelta(minutes=15)


def test_facts_have_every_attribute_that_configuration_manager_keeps(swept: Scene) -> None:
    facts = swept.facts(FactsType.DEVICES)

    assert {fact.os_language for fact in facts} == {"en"}
    assert {fact.mobile_operator for fact in facts} == {"", "Example Mobile"}
    assert all(fact.user_domain and fact.identity.startswith(f"{fact.user_domain}/") for fact in facts)
    known = swept.devices()
    assert all(known[fact.guid]["identity"] == fact.identity for fact in facts)
    assert all(fact.server for fact in swept.facts(FactsType.OWNERS))
    assert {entry.client for entry in swept.entries().values() if entry} >= {"native", "outlook"}


def test_a_sweep_says_what_it_found_and_closes_behind_its_pages(swept: Scene) -> None:
    finished, *_ = [message for message in swept.messages() if message.number == Number.SWEEP_FINISHED]
    started, *_ = [message for message in swept.messages() if message.number == Number.SWEEP_STARTED]
    pages = [fields for _, fields in records_of(swept.client, keys.facts(CONNECTOR)) if fields["sweep"] == "1"]
    closing, *_ = swept.facts(FactsType.FINALISE)

    assert started.text == "Sweep 1 listed 320 devices"
    assert finished.text == "Sweep 1 finished: 320 devices"
    lacking = Counter(gap.place for gap in closing.gaps.named)
    assert finished.data == {
        "outcome": "succeeded",
        "number": 1,
        "devices": 320,
        "complete": not lacking,
        "unread_parts": 0,
        "unread_mailboxes": lacking[GapPlace.UNREAD_MAILBOX],
        "list_errors": lacking[GapPlace.LIST_ERROR],
        "without_guid": 0,
        "unreadable": 0,
        "kinds": dict(Counter(gap.kind for gap in closing.gaps.named)),
        "owners": len({fact.owner for fact in swept.facts(FactsType.DEVICES) if fact.owner}),
        "expected": None,
    }
    assert bool(lacking) == swept.has_unreadable_objects()
    assert [page["type"] for page in pages].index("finalise") == len(pages) - 1
    assert (closing.sweep, closing.devices, closing.owners) == (1, 320, finished.data["owners"])
    assert swept.job(finished.job).created <= closing.started_at <= finished.at


def test_another_sweep_emits_only_statistics_that_moved(swept: Scene) -> None:
    *_, (last, _) = records_of(swept.client, keys.facts(CONNECTOR))

    job = swept.settled(swept.sweep())

    since = [fields["type"] for _, fields in records_of(swept.client, keys.facts(CONNECTOR), after=last)]
    assert {"finalise"} <= set(since) <= {"statistics", "finalise"}
    assert (job.data["devices"], job.data["expected"]) == (320, 320)
    assert {entry.sweep for entry in swept.entries().values() if entry} == {job.data["number"]}


def test_discovery_changes_nothing_in_exchange(swept: Scene) -> None:
    used = {entry["cmdlet"] for entry in swept.simulator.oracle()}

    assert used >= {"Get-MobileDevice", "Get-MobileDeviceStatistics", "Get-CASMailbox"}
    assert [name for name in used if not name.startswith("Get-")] == ["Set-ADServerSettings"]


def test_owners_are_asked_for_by_the_documented_filter(swept: Scene) -> None:
    asked = [entry["parameters"] for entry in swept.simulator.oracle(cmdlet="Get-CASMailbox")]

    for_all = [parameters for parameters in asked if "Identity" not in parameters]
    assert {str(parameters["Filter"]) for parameters in for_all} == {
        "HasActiveSyncDevicePartnership -eq $true -and -not DisplayName -like 'CAS_{*'"
    }


def test_each_mailbox_is_asked_once_by_its_guid(swept: Scene) -> None:
    finished, *_ = [message for message in swept.messages() if message.number == Number.SWEEP_FINISHED]
    asked = [entry["parameters"] for entry in swept.simulator.oracle(cmdlet="Get-MobileDeviceStatistics")]
    first_sweep = asked[: int(str(finished.data["owners"]))]

    mailboxes = [str(parameters["Mailbox"]) for parameters in first_sweep]
    assert len(set(mailboxes)) == len(mailboxes)
    assert set(mailboxes) == {fact.owner for fact in swept.facts(FactsType.DEVICES) if fact.owner}


def test_no_personal_data_leaves_the_facts(swept: Scene) -> None:
    said = str([fields for _, fields in records_of(swept.client, keys.STATUS)])
    logged = "\n".join(log.read_text() for log in swept.processes.logs)
    jobs = str([swept.client.hgetall(name) for name in swept.client.scan_iter("exconn:job:*", count=1000)])

    for device in swept.devices().values():
        for private in (device["device_id"], device["user"]):
            assert private not in said + jobs + logged, private
