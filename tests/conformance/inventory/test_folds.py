"""What a fold (a page of what was read, put into the register) keeps, and what it puts on the facts stream."""

from datetime import date, timedelta

import pytest

from exconn.contracts import (
    FACTS_FORMAT,
    FactsType,
    FinaliseFact,
    Fingerprint,
    GapPlace,
    NamedGap,
    ReadingGaps,
    digest_of,
)
from exconn.inventory import MOST_ELEMENTS, ListedDevice, ask_for_device, fingerprint_in
from exconn.keyspace import keys
from tests.conformance.inventory.scene import CONNECTOR, CREATED, Scene, device_fact, guid, listed, owner, statistics

A_TIME = CREATED + timedelta(days=1, microseconds=123_456)


def named(name: str) -> NamedGap:
    return NamedGap(place=GapPlace.UNREAD_MAILBOX, name=name, kind="MapiException")


def test_a_listed_device_is_known_with_all_that_decisions_need(scene: Scene) -> None:
    lease, place = scene.start_sweep(number=7)
    before = scene.ledger.time()

    scene.register.fold_devices(
        lease, place, [ListedDevice(fact=device_fact(1), personally_allowed=True, personally_blocked=False)]
    )

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert entry.fingerprint == Fingerprint(
        guid=guid(1),
        device=digest_of("ApplDNXY00000001"),
        mailbox=guid(10_000_001),
        created=CREATED,
        first_sync=CREATED + timedelta(seconds=1),
    )
    assert (entry.owner, entry.access_state, entry.access_state_reason) == (guid(10_000_001), "Allowed", "Global")
    assert (entry.device_type, entry.model, entry.os) == ("iPhone", "iPhone15C3", "iOS 17.5.1 21F90")
    assert entry.user_agent == "Apple-iPhone15C3/2106.90"
    assert (entry.personally_allowed, entry.personally_blocked, entry.sweep) == (True, False, 7)
    assert before - timedelta(seconds=1) < entry.listed_at <= scene.ledger.time()


def test_a_listed_device_has_the_class_of_its_client(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    outlook = {"device_type": "Outlook", "model": "Outlook for iOS and Android", "user_agent": ""}
    service = {"device_type": "OutlookService", "model": "", "user_agent": "", "client_type": "EAS"}

    scene.register.fold_devices(
        lease,
        place,
        [
            listed(1, client_type="EAS"),
            listed(2, client_type="REST", **outlook),
            listed(3, **service),
            listed(4, client_type="REST"),
        ],
    )

    found = scene.register.look_up(CONNECTOR, [guid(number) for number in (1, 2, 3, 4)])
    assert [entry and entry.client for entry in found] == ["native", "outlook", "outlook_service", "unknown"]


def test_a_device_that_an_earlier_version_listed_keeps_what_it_said_about_itself(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1, client_type="EAS")])
    words = keys.register_words(CONNECTOR)
    scene.text.hset(words, "make=1", "\x1f".join(("iPhone", "iPhone15C3", "iOS 17", "Apple-iPhone15C3/2106.90")))

    entry = scene.register.look(CONNECTOR, guid(1))

    assert entry is not None
    assert (entry.device_type, entry.user_agent, entry.client_type) == ("iPhone", "Apple-iPhone15C3/2106.90", "")
    assert entry.client == "native"


def test_statistics_complete_a_device_without_touching_the_rest(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1, created=CREATED.replace(microsecond=5))])
    plain = scene.register.look(CONNECTOR, guid(1))

    scene.register.fold_statistics(lease, place, [statistics(1, wipe_acknowledged=A_TIME)])

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert plain is not None
    assert entry.last_sync_day == date(2024, 5, 30)
    assert entry.fingerprint.last_acknowledged == A_TIME
    assert entry.fingerprint.differences(plain.fingerprint) == ("last_acknowledged",)
    assert (entry.model, entry.owner, entry.sweep) == (plain.model, plain.owner, plain.sweep)


def test_a_device_keeps_who_asked_for_each_kind_of_wipe_and_when_its_account_was_wiped(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1), listed(2)])
    asked = {"wipe_requestor": "corp.example/Users/Anna", "account_wipe_requestor": "corp.example/Users/Bo"}
    times = {f"account_wipe_{name}": A_TIME for name in ("requested", "sent")}

    scene.register.fold_statistics(lease, place, [statistics(1, **asked, **times), statistics(2)])
    scene.register.fold_devices(lease, place, [listed(1, model="iPhone16C1")])

    wiped, plain = scene.register.look_up(CONNECTOR, [guid(1), guid(2)])
    assert wiped is not None
    assert plain is not None
    assert (wiped.wipe_requestor, wiped.account_wipe_requestor) == tuple(asked.values())
    assert (wiped.account_wipe_requested, wiped.account_wipe_sent) == (A_TIME, A_TIME)
    assert wiped.account_wipe_acknowledged is None
    assert (plain.wipe_requestor, plain.account_wipe_requested, wiped.model) == ("", None, "iPhone16C1")


def test_a_device_whose_wipes_are_gone_from_exchange_keeps_nothing_of_them(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])
    scene.register.fold_statistics(lease, place, [statistics(1, wipe_requestor="corp.example/Users/Anna")])

    scene.register.fold_statistics(lease, place, [statistics(1)])

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert entry.wipe_requestor == ""
    assert [scene.text.hlen(name) for name in scene.text.scan_iter("exconn:register:hq:d*")] == [1]


def test_listing_again_keeps_the_statistics(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])
    scene.register.fold_statistics(lease, place, [statistics(1, wipe_acknowledged=A_TIME)])

    scene.register.fold_devices(lease, place, [listed(1, model="iPhone16C1", first_sync=A_TIME)])

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert (entry.model, entry.last_sync_day) == ("iPhone16C1", date(2024, 5, 30))
    assert (entry.fingerprint.first_sync, entry.fingerprint.last_acknowledged) == (A_TIME, A_TIME)


def test_a_device_counts_as_seen_only_when_its_statistics_were_read_too(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])
    only_listed = scene.register.look(CONNECTOR, guid(1))

    scene.register.fold_statistics(lease, place, [statistics(1)])

    entry = scene.register.look(CONNECTOR, guid(1))
    assert only_listed is not None
    assert entry is not None
    assert (only_listed.seen_at.year, only_listed.statistics_at) == (1970, None)
    assert entry.listed_at is not None
    assert entry.statistics_at is not None
    assert entry.seen_at == min(entry.listed_at, entry.statistics_at)
    assert scene.ledger.time() - entry.seen_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "moment",
    [None, CREATED, A_TIME, CREATED.replace(year=1969), CREATED.replace(year=2107)],
    ids=["none", "whole seconds", "fraction", "before 1970", "beyond 32 bits"],
)
def test_dates_come_back_exactly(scene: Scene, moment: object) -> None:
    lease, place = scene.start_sweep()

    scene.register.fold_devices(lease, place, [listed(1, created=moment, first_sync=moment)])

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert (entry.fingerprint.created, entry.fingerprint.first_sync) == (moment, moment)


def test_a_date_that_becomes_simple_again_leaves_nothing_behind(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])
    plain = scene.register.look(CONNECTOR, guid(1))
    scene.register.fold_devices(lease, place, [listed(1, created=A_TIME)])

    scene.register.fold_devices(lease, place, [listed(1)])

    again = scene.register.look(CONNECTOR, guid(1))
    assert again is not None
    assert plain is not None
    assert again.fingerprint == plain.fingerprint
    assert [scene.text.hlen(name) for name in scene.text.scan_iter("exconn:register:hq:d*")] == [1]


def test_a_device_without_owner_or_dates_is_kept(scene: Scene) -> None:
    lease, place = scene.start_sweep()

    scene.register.fold_devices(lease, place, [listed(1, owner=None, created=None, first_sync=None, user_agent="")])

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert (entry.owner, entry.fingerprint.mailbox, entry.fingerprint.created) == (None, "", None)


def test_an_unknown_device_is_nobody(scene: Scene) -> None:
    assert scene.register.look(CONNECTOR, guid(99)) is None


def test_a_device_that_is_asked_for_beside_other_questions_is_the_same_device(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])
    scene.register.fold_statistics(lease, place, [statistics(1)])

    with scene.text.pipeline(transaction=False) as pipe:
        ask_for_device(pipe, CONNECTOR, guid(1))
        ask_for_device(pipe, CONNECTOR, guid(99))
        known, unknown = pipe.execute()

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert fingerprint_in(guid(1), known) == entry.fingerprint
    assert fingerprint_in(guid(99), unknown) is None


def test_several_looks_answer_in_their_order(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(n) for n in range(20)])

    found = scene.register.look_up(CONNECTOR, [guid(7), guid(99), guid(3)])

    assert [entry and entry.guid for entry in found] == [guid(7), None, guid(3)]


def test_a_page_becomes_one_record_with_the_facts_in_order(scene: Scene) -> None:
    lease, place = scene.start_sweep(number=3)
    devices = [listed(n) for n in range(MOST_ELEMENTS)]

    folded = scene.register.fold_devices(lease, place, devices)

    (record,) = scene.records()
    assert folded.changed == MOST_ELEMENTS
    assert scene.facts(FactsType.DEVICES) == [device.fact for device in devices]
    assert {name: record[name] for name in ("v", "type", "connector", "sweep", "job")} == {
        "v": str(FACTS_FORMAT),
        "type": "devices",
        "connector": CONNECTOR,
        "sweep": "3",
        "job": lease.job_id,
    }
    assert abs(scene.ledger.time().timestamp() * 1000 - int(record["at"])) < 60_000


def test_an_unchanged_page_emits_nothing_but_is_seen(scene: Scene) -> None:
    devices = [listed(n) for n in range(50)]
    lease, place = scene.start_sweep(number=1)
    scene.register.fold_devices(lease, place, devices)
    scene.register.fold_owners(lease, place, [owner(n) for n in range(50)])
    scene.register.fold_statistics(lease, place, [statistics(n) for n in range(50)])
    records = len(scene.records())

    lease, place = scene.start_sweep(number=2)
    folded = scene.register.fold_devices(lease, place, devices)
    scene.register.fold_owners(lease, place, [owner(n) for n in range(50)])
    scene.register.fold_statistics(lease, place, [statistics(n) for n in range(50)])

    entry = scene.register.look(CONNECTOR, guid(49))
    assert entry is not None
    assert (folded.changed, len(scene.records()), entry.sweep) == (0, records, 2)


def test_only_what_changed_is_emitted(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(n) for n in range(10)])
    scene.register.fold_statistics(lease, place, [statistics(n) for n in range(10)])
    scene.register.fold_owners(lease, place, [owner(n) for n in range(10)])
    scene.text.delete(keys.facts(CONNECTOR))
    moved = [statistics(n, last_sync=A_TIME) if n == 4 else statistics(n) for n in range(10)]

    scene.register.fold_devices(
        lease, place, [listed(n, os="iOS 18" if n == 5 else "iOS 17.5.1 21F90") for n in range(10)]
    )
    scene.register.fold_statistics(lease, place, moved)
    scene.register.fold_owners(lease, place, [owner(n, activesync_enabled=n != 6 or None) for n in (6, 7)])

    assert [fact.guid for fact in scene.facts(FactsType.DEVICES)] == [guid(5)]
    assert scene.facts(FactsType.STATISTICS) == [moved[4]]
    assert [fact.guid for fact in scene.facts(FactsType.OWNERS)] == [guid(10_000_007)]


def test_statistics_of_an_unlisted_device_are_left_to_the_next_list(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])

    folded = scene.register.fold_statistics(lease, place, [statistics(1), statistics(2)])

    assert (folded.changed, folded.unknown) == (1, 1)
    assert scene.register.look(CONNECTOR, guid(2)) is None
    assert [fact.guid for fact in scene.facts(FactsType.STATISTICS)] == [guid(1)]


def test_finalise_says_the_size_of_the_fleet_behind_all_pages_once(scene: Scene) -> None:
    lease, place = scene.start_sweep(number=4)
    scene.register.fold_devices(lease, place, [listed(n) for n in range(10)])
    closing = FinaliseFact(sweep=4, devices=10, owners=8, started_at=CREATED)
    assert scene.register.fleet_size(CONNECTOR) is None

    scene.register.finalise(lease, place, closing)
    scene.register.finalise(lease, place, closing)

    assert scene.register.fleet_size(CONNECTOR) == 10
    assert [record["type"] for record in scene.records()] == ["devices", "finalise"]
    assert scene.facts(FactsType.FINALISE) == [closing]


def test_a_device_that_is_no_longer_listed_stays_with_the_sweep_that_last_listed_it(scene: Scene) -> None:
    for number, there in enumerate([(1, 2), (2,)], start=1):
        lease, place = scene.start_sweep(number=number)
        scene.register.fold_devices(lease, place, [listed(device) for device in there])
        closing = FinaliseFact(sweep=number, devices=len(there), owners=1, started_at=CREATED)
        scene.register.finalise(lease, place, closing)

    gone, still_there = scene.register.look_up(CONNECTOR, [guid(1), guid(2)])
    assert gone is not None
    assert still_there is not None
    assert (gone.sweep, still_there.sweep) == (1, 2)
    assert gone.fingerprint.device == digest_of("ApplDNXY00000001")


def test_a_sweep_that_lacks_something_makes_the_fleet_no_smaller(scene: Scene) -> None:
    sizes = []
    for number, (devices, complete) in enumerate([(10, True), (7, False), (12, False), (8, True)], start=1):
        lease, place = scene.start_sweep(number=number)
        fact = FinaliseFact(sweep=number, devices=devices, owners=1, started_at=CREATED, complete=complete)
        scene.register.finalise(lease, place, fact)
        sizes.append(scene.register.fleet_size(CONNECTOR))

    assert sizes == [10, 10, 12, 8]


def test_what_places_of_a_sweep_lack_is_added_up_and_a_place_counts_once(scene: Scene) -> None:
    lease, place = scene.start_sweep(number=4)
    unread = ReadingGaps(unread_mailboxes=1, kinds={"MapiException": 1}, named=(named("m1"),))

    scene.register.fold_gaps(lease, place, ReadingGaps(list_errors=2, kinds={"X": 2}), first=True)
    for at in ("1:0", "2:0", "2:0"):
        scene.register.fold_gaps(lease, place, unread, at=at)

    found = scene.register.gaps(CONNECTOR, 4)
    assert found is not None
    assert found.counts == {"unread_mailboxes": 2, "list_errors": 2, "without_guid": 0, "unreadable": 0}
    assert found.kinds == {"X": 2, "MapiException": 2}
    assert found.named == (named("m1"), named("m1"))
    assert scene.register.gaps(CONNECTOR, 5) is None


def test_the_list_of_a_sweep_forgets_what_others_lacked_and_their_parts_add_nothing(scene: Scene) -> None:
    lease, place = scene.start_sweep(number=4)
    scene.register.fold_gaps(lease, place, ReadingGaps(unreadable=3), first=True)
    scene.register.fold_gaps(lease, place, ReadingGaps(unread_mailboxes=1), at="2:0")
    later, other = scene.start_sweep(number=5)
    scene.register.fold_gaps(later, other, ReadingGaps(), first=True)

    scene.register.fold_gaps(lease, place, ReadingGaps(unread_mailboxes=1), at="1:0")

    assert scene.register.gaps(CONNECTOR, 4) is None
    assert scene.register.gaps(CONNECTOR, 5) == ReadingGaps()


def test_names_of_what_is_missing_stay_few_and_counts_do_not(scene: Scene) -> None:
    lease, place = scene.start_sweep(number=4)
    scene.register.fold_gaps(lease, place, ReadingGaps(), first=True)
    unread = ReadingGaps(unread_mailboxes=1, named=(named("m1"),))

    for part in range(300):
        scene.register.fold_gaps(lease, place, unread, at=f"{part}:0")

    found = scene.register.gaps(CONNECTOR, 4)
    assert found is not None
    assert (found.unread_mailboxes, len(found.named)) == (300, 100)
    assert scene.text.hlen(keys.gaps(CONNECTOR)) < 600
    assert scene.text.ttl(keys.gaps(CONNECTOR)) > 0


def test_connectors_do_not_see_each_other(scene: Scene) -> None:
    lease, place = scene.start_sweep()

    scene.register.fold_devices(lease, place, [listed(1)])

    assert scene.register.look("branch", guid(1)) is None
    assert scene.register.fleet_size("branch") is None


def test_folding_survives_a_server_that_forgot_its_scripts(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.text.script_flush()

    folded = scene.register.fold_devices(lease, place, [listed(1)])

    assert folded.changed == 1


def test_a_page_above_the_limit_is_not_sent(scene: Scene) -> None:
    lease, place = scene.start_sweep()

    with pytest.raises(ValueError, match=f"at most {MOST_ELEMENTS}"):
        scene.register.fold_devices(lease, place, [listed(n) for n in range(MOST_ELEMENTS + 1)])


@pytest.mark.parametrize("written", ["many", "1e9", b"\xff", ""])
def test_a_size_of_the_fleet_that_is_no_number_counts_as_none_and_the_next_sweep_says_another(
    scene: Scene, written: str | bytes
) -> None:
    lease, place = scene.start_sweep()
    scene.text.set(keys.fleet(CONNECTOR), written)
    assert scene.register.fleet_size(CONNECTOR) == 0

    scene.register.finalise(
        lease, place, FinaliseFact(sweep=1, devices=3, owners=1, started_at=CREATED, complete=False)
    )

    assert scene.register.fleet_size(CONNECTOR) == 3
