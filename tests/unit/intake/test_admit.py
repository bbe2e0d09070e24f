"""Which requests are accepted, on a real server with the real ledger."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis

from exconn.connector import parse_definition, sample_definition
from exconn.contracts import Answer, Kind, parse_envelope
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.work import Wipe
from exconn.intake.admit import admit
from exconn.intake.context import KnownDevice
from exconn.intake.known_devices import lookup_in
from exconn.inventory import Register
from exconn.keyspace import keys
from exconn.ledger import Confirm, Inserted, Ledger, LedgerFullError, NewJob
from exconn.signing import new_signing_key, sign
from exconn.signing.requesters import parse_registry
from tests.support.machine.valkey import RestartableValkey, free_port
from tests.support.requests.receiving import ANNA, FINGERPRINT, OTHER_DEVICE, Office
from tests.support.requests.signed import DEVICE, registry_text, request_of


def test_wipe_is_accepted_as_one_job_that_carries_the_signed_request(office: Office) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()

    admitted = admit(envelope, office.desk)

    answer = admitted.answer
    assert (answer.status, answer.state, admitted.requester) == ("accepted", "queued", "anna")
    assert answer.job is not None
    job = office.ledger.job(answer.job)
    assert job is not None
    assert (job.kind, job.device, job.requester, job.phase, job.revision) == ("wipe", DEVICE, "anna", "accepted", 1)
    payload = Wipe.model_validate_json(job.payload)
    assert parse_envelope(payload.envelope) == parse_envelope(envelope)
    assert payload.accepted_at == answer.accepted_at
    assert admitted.wake is not None
    assert (admitted.wake.job_id, admitted.wake.kind, admitted.wake.ring) == (answer.job, Kind.WIPE, 1)


def test_job_carries_the_limits_of_definition_and_requester(office: Office) -> None:
    text = registry_text({"anna": ANNA}) + "quota = { per_hour = 7, per_day = 8 }\n"
    office.registry = parse_registry(text)

    answer = office.ask()

    limits = json.loads(office.client.hget(keys.job(answer.job or ""), "limits") or "")
    assert limits == {
        "breaker": [[10, 1_200_000], [50, 86_400_000]],
        "quota": [[7, 3_600_000], [8, 86_400_000]],
        "share": 0.01,
        "floor": 3,
    }


@pytest.mark.parametrize(("age", "kept"), [(timedelta(minutes=14), True), (timedelta(minutes=16), False)])
def test_fingerprint_counts_while_it_is_young(office: Office, age: timedelta, kept: bool) -> None:
    office.devices[DEVICE] = KnownDevice(FINGERPRINT, datetime.now(UTC) - age)

    answer = office.ask()

    job = office.ledger.job(answer.job or "")
    assert job is not None
    payload = Wipe.model_validate_json(job.payload)
    assert (payload.fingerprint == FINGERPRINT) is kept
    assert payload.known == FINGERPRINT


def test_same_bytes_get_the_first_answer_and_make_no_second_job(office: Office) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()
    first = admit(envelope, office.desk)

    again = admit(envelope, office.desk)

    assert again.answer == first.answer
    assert again.wake is None
    assert len(office.ledger.unsettled("north")) == 1


def test_first_answer_stands_after_the_action_has_ended(office: Office) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()
    first = admit(envelope, office.desk).answer
    office.ledger.cancel(first.job or "", by="anna")

    assert admit(envelope, office.desk).answer == first


def test_other_bytes_under_the_same_nonce_are_refused(office: Office) -> None:
    office.devices[OTHER_DEVICE] = KnownDevice()
    office.ask(nonce="the-same-nonce-01")

    answer = office.ask(nonce="the-same-nonce-01", target=Target(device=OTHER_DEVICE))

    assert (answer.status, answer.error) == ("refused", "replayed")
    assert len(office.ledger.unsettled("north")) == 1


def test_nonces_of_different_requesters_do_not_meet(office: Office) -> None:
    office.devices[OTHER_DEVICE] = KnownDevice()
    office.ask(nonce="the-same-nonce-01")

    answer = office.ask(nonce="the-same-nonce-01", requester="bert", target=Target(device=OTHER_DEVICE))

    assert answer.status == "accepted"


def test_answer_lost_after_the_insert_is_found_again_even_when_sent_again_too_late(office: Office) -> None:
    now = datetime.now(UTC)
    request = request_of(now=now, present_for=timedelta(milliseconds=300))
    envelope = sign(request, ANNA).model_dump_json()
    first = admit(envelope, office.desk).answer
    assert first.status == "accepted"
    office.client.delete(keys.answer("anna", request.nonce))
    assert wait_until(lambda: office.ledger.time() > request.present_by)

    again = admit(envelope, office.desk).answer

    assert (again.status, again.job) == ("accepted", first.job)


def wait_until(condition: Callable[[], bool]) -> bool:
    tick = threading.Event()
    for _ in range(400):
        if condition():
            return True
        tick.wait(0.01)
    return False


def test_same_bytes_at_the_same_moment_make_one_job(office: Office, open_redis: Callable[..., redis.Redis]) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()
    offices = [Office(open_redis(), office.registry, office.devices) for _ in range(8)]
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda o=o: answers.append(admit(envelope, o.desk).answer)) for o in offices]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert {answer.status for answer in answers} == {"accepted"}
    assert len({answer.job for answer in answers}) == 1
    assert len(office.ledger.unsettled("north")) == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"present_for": timedelta(seconds=-1)}, "expired"),
        ({"present_for": timedelta(minutes=16)}, "present_by"),
        ({"valid_for": timedelta(seconds=-1)}, "expired"),
        ({"valid_for": timedelta(days=31)}, "valid_until"),
        ({"connector": "west"}, "unknown_connector"),
        ({"target": Target(device=OTHER_DEVICE)}, "unknown_device"),
        ({"target": Target()}, "bad_target"),
    ],
)
def test_request_that_cannot_be_done_is_refused_and_leaves_no_job(
    office: Office, fields: dict[str, object], error: str
) -> None:
    answer = office.ask(**fields)

    assert (answer.status, answer.error) == ("refused", error)
    assert answer.remedy
    assert not office.ledger.unsettled("north")


def test_time_is_the_servers_not_the_senders(office: Office) -> None:
    slow = datetime.now(UTC) - timedelta(hours=1)

    assert office.ask(now=slow).error == "expired"


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ("", "malformed"),
        ("{}", "malformed"),
        ("[]", "malformed"),
        ("\x00", "malformed"),
        ('{"key":"k","request":"?","signature":"?"}', "unknown_key"),
        ("x" * 70_000, "too_long"),
    ],
)
def test_bytes_that_are_no_envelope_are_refused_and_leave_nothing(office: Office, raw: str, error: str) -> None:
    admitted = admit(raw, office.desk)

    assert (admitted.answer.status, admitted.answer.error) == ("refused", error)
    assert admitted.requester is None
    assert not office.client.exists(keys.STATUS + ":any")


def test_forged_signature_cannot_occupy_the_nonce_of_another(office: Office) -> None:
    request = request_of(nonce="to-be-occupied-01")
    forged = sign(request, new_signing_key()).model_copy(update={"key": ANNA.id})
    assert admit(forged.model_dump_json(), office.desk).answer.error == "signature"

    assert admit(sign(request, ANNA).model_dump_json(), office.desk).answer.status == "accepted"


def test_requester_gets_only_the_kinds_and_connectors_of_the_registry(office: Office) -> None:
    desk = registry_text({"anna": ANNA}, kinds='"sweep-start"')
    office.registry = parse_registry(desk)
    assert office.ask().error == "not_allowed"

    office.registry = parse_registry(registry_text({"anna": ANNA}).replace('connectors = ["*"]', 'connectors = ["x"]'))
    assert office.ask().error == "not_allowed"
    assert not office.ledger.unsettled("north")


def test_wipe_needs_armed_actions_on_an_installed_connector(office: Office) -> None:
    office.store.disarm("north", "actions", "anna")
    assert office.ask().error == "not_armed"

    office.store.apply(parse_definition(sample_definition("south")), "anna")
    assert office.ask(connector="south").error == "not_installed"


def test_device_with_an_open_action_is_refused_and_the_action_named(office: Office) -> None:
    first = office.ask()

    answer = office.ask()

    assert (answer.error, answer.job) == ("open_action", first.job)
    assert first.job in (answer.text or "")


def test_unconfirmed_insert_is_answered_so_and_the_same_bytes_find_the_job(office: Office) -> None:
    strict = Ledger(office.client, confirm=Confirm(replicas=1, within=timedelta(milliseconds=50)))
    envelope = sign(request_of(), ANNA).model_dump_json()

    answer = admit(envelope, replace(office.desk, ledger=strict)).answer
    again = admit(envelope, office.desk).answer

    assert (answer.status, again.status) == ("unconfirmed", "accepted")
    assert answer.job == again.job
    assert len(office.ledger.unsettled("north")) == 1


def test_ledger_out_of_reach_is_no_acceptance(restartable_valkey: RestartableValkey) -> None:
    with restartable_valkey.client() as client:
        office = Office(client, parse_registry(registry_text({"anna": ANNA})))
        restartable_valkey.kill()

        answer = office.ask()

    assert (answer.status, answer.error) == ("unconfirmed", "unreachable")
    assert "same bytes" in (answer.remedy or "")


def test_full_ledger_refuses_now_and_accepts_the_same_bytes_later(restartable_valkey: RestartableValkey) -> None:
    with restartable_valkey.client() as client:
        office = Office(client, parse_registry(registry_text({"anna": ANNA})))
        office.store.apply(parse_definition(sample_definition("north")), "anna")
        office.store.set_installed("north", "an-organization", "discovery")
        envelope = sign(request_of(RequestKind.SWEEP_START), ANNA).model_dump_json()
        client.config_set("maxmemory", "1")

        full = admit(envelope, office.desk).answer
        client.config_set("maxmemory", "0")
        later = admit(envelope, office.desk).answer

    assert (full.status, full.error) == ("refused", "full")
    assert later.status == "accepted"


class FullLedger(Ledger):
    """A ledger whose server filled up between the reservation and the insert."""

    def insert(self, new: NewJob) -> Inserted:
        raise LedgerFullError


def test_ledger_that_fills_up_in_between_refuses_now_and_accepts_the_same_bytes_later(office: Office) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()

    full = admit(envelope, replace(office.desk, ledger=FullLedger(office.client))).answer
    later = admit(envelope, office.desk).answer

    assert (full.status, full.error) == ("refused", "full")
    assert later.status == "accepted"


def test_register_out_of_reach_is_no_acceptance(office: Office) -> None:
    nowhere = Register.at(f"redis://127.0.0.1:{free_port()}/0")

    answer = admit(sign(request_of(), ANNA).model_dump_json(), replace(office.desk, lookup=lookup_in(nowhere))).answer

    assert (answer.status, answer.error) == ("unconfirmed", "unreachable")


def test_answers_hold_no_device_and_no_reason(office: Office) -> None:
    office.ask(nonce="look-at-this-answer")

    kept = office.client.get(keys.answer("anna", "look-at-this-answer")) or ""

    assert DEVICE not in kept
    assert "lost" not in kept
    assert 0 < office.client.ttl(keys.answer("anna", "look-at-this-answer")) <= 26 * 3600


def test_every_kind_of_request_has_a_handler() -> None:
    from exconn.intake.admit import HANDLERS

    assert set(HANDLERS) == set(RequestKind)
