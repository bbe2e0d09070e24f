"""Which requests are accepted, on a real server with the real ledger."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from exconn.connector import Quota, parse_definition, sample_definition
from exconn.contracts import Answer, HoldReason, Kind, parse_envelope, reason_text, remedy_text
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.work import Wipe
from exconn.intake.admit import admit
from exconn.intake.context import KnownDevice
from exconn.keyspace import keys
from exconn.ledger import Confirm, Inserted, Ledger, LedgerFullError, NewJob
from exconn.ledger.parameters import Doorbell
from exconn.signing import new_signing_key, sign
from exconn.signing.requesters import parse_registry
from tests.support.machine.valkey import RestartableValkey
from tests.support.requests.receiving import ANNA, FINGERPRINT, OTHER_DEVICE, IntakeScene
from tests.support.requests.signed import DEVICE, SHOWN, organization_of, registry_text, request_of


def test_wipe_is_accepted_as_one_job_that_carries_the_signed_request(scene: IntakeScene) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()

    admitted = admit(envelope, scene.context)

    answer = admitted.answer
    assert (answer.status, answer.state, admitted.requester) == ("accepted", "queued", "anna")
    assert answer.job is not None
    job = scene.ledger.job(answer.job)
    assert job is not None
    assert (job.kind, job.device, job.requester, job.phase, job.revision) == ("wipe", DEVICE, "anna", "accepted", 1)
    payload = Wipe.model_validate_json(job.payload)
    assert parse_envelope(payload.envelope) == parse_envelope(envelope)
    assert payload.accepted_at == answer.accepted_at
    assert admitted.ring is not None
    assert (admitted.ring.job_id, admitted.ring.kind, admitted.ring.ring) == (answer.job, Kind.WIPE, 1)
    assert admitted.connector == "north"


def test_job_carries_the_limits_of_definition_and_requester(scene: IntakeScene) -> None:
    scene.registry = parse_registry(registry_text({"anna": ANNA}, quota=Quota(per_hour=4, per_day=8)))

    answer = scene.ask()

    limits = json.loads(scene.client.hget(keys.job(answer.job or ""), "limits") or "")
    assert limits == {
        "breaker": [[10, 1_200_000], [50, 86_400_000]],
        "quota": [[4, 3_600_000], [8, 86_400_000]],
        "share": 0.01,
        "floor": 3,
    }


def test_an_action_carries_what_the_register_knew_when_it_was_accepted(scene: IntakeScene) -> None:
    scene.devices[DEVICE] = KnownDevice(FINGERPRINT)

    answer = scene.ask()

    job = scene.ledger.job(answer.job or "")
    assert job is not None
    payload = Wipe.model_validate_json(job.payload)
    assert payload.known == FINGERPRINT


def test_a_wipe_that_will_be_held_for_its_client_says_so_as_it_is_accepted(scene: IntakeScene) -> None:
    scene.devices[DEVICE] = KnownDevice(make=1)

    answer = scene.ask(shown={**SHOWN, "device_type": "OutlookService", "client": "outlook_service"})

    assert (answer.status, answer.details) == ("accepted", {"expected_hold": HoldReason.USE_INTUNE})
    assert (answer.text, answer.remedy) == (
        reason_text(HoldReason.USE_INTUNE, {}),
        remedy_text(HoldReason.USE_INTUNE),
    )


OUTLOOK = {**SHOWN, "device_type": "Outlook", "client": "outlook"}
SERVICE = {**SHOWN, "device_type": "OutlookService", "client": "outlook_service"}


@pytest.mark.parametrize(
    ("kind", "make", "shown"),
    [(RequestKind.BLOCK, 1, SERVICE), (RequestKind.WIPE, 2, OUTLOOK), (RequestKind.WIPE, 0, SHOWN)],
)
def test_an_action_that_reaches_its_client_is_accepted_without_a_word(
    scene: IntakeScene, kind: RequestKind, make: int, shown: dict[str, str]
) -> None:
    scene.devices[DEVICE] = KnownDevice(make=make)

    answer = scene.ask(kind, target=Target(device=DEVICE), shown=shown)

    assert (answer.status, answer.details, answer.text) == ("accepted", {}, None)


def test_same_bytes_get_the_first_answer_and_make_no_second_job(scene: IntakeScene) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()
    first = admit(envelope, scene.context)

    again = admit(envelope, scene.context)

    assert again.answer == first.answer
    assert again.ring is None
    assert len(scene.ledger.unsettled("north")) == 1


def test_first_answer_stands_after_the_action_has_ended(scene: IntakeScene) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()
    first = admit(envelope, scene.context).answer
    scene.ledger.cancel(first.job or "", by="anna")

    assert admit(envelope, scene.context).answer == first


def test_other_bytes_under_the_same_nonce_are_refused(scene: IntakeScene) -> None:
    scene.devices[OTHER_DEVICE] = KnownDevice()
    scene.ask(nonce="the-same-nonce-01")

    answer = scene.ask(nonce="the-same-nonce-01", target=Target(device=OTHER_DEVICE))

    assert (answer.status, answer.error) == ("refused", "replayed")
    assert len(scene.ledger.unsettled("north")) == 1


def test_nonces_of_different_requesters_do_not_meet(scene: IntakeScene) -> None:
    scene.devices[OTHER_DEVICE] = KnownDevice()
    scene.ask(nonce="the-same-nonce-01")

    answer = scene.ask(nonce="the-same-nonce-01", requester="bert", target=Target(device=OTHER_DEVICE))

    assert answer.status == "accepted"


def test_answer_lost_after_the_insert_is_found_again_even_when_sent_again_too_late(scene: IntakeScene) -> None:
    now = datetime.now(UTC)
    request = request_of(now=now, present_for=timedelta(milliseconds=300))
    envelope = sign(request, ANNA).model_dump_json()
    first = admit(envelope, scene.context).answer
    assert first.status == "accepted"
    scene.client.delete(keys.answer("anna", request.nonce))
    assert wait_until(lambda: scene.ledger.time() > request.present_by)

    again = admit(envelope, scene.context).answer

    assert (again.status, again.job) == ("accepted", first.job)


def wait_until(condition: Callable[[], bool]) -> bool:
    tick = threading.Event()
    for _ in range(400):
        if condition():
            return True
        tick.wait(0.01)
    return False


def test_same_bytes_at_the_same_moment_make_one_job(scene: IntakeScene, open_redis: Callable[..., redis.Redis]) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()
    scenes = [IntakeScene(open_redis(), scene.registry, scene.devices) for _ in range(8)]
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda each=each: answers.append(admit(envelope, each.context).answer))
        for each in scenes
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert {answer.status for answer in answers} == {"accepted"}
    assert len({answer.job for answer in answers}) == 1
    assert len(scene.ledger.unsettled("north")) == 1


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
    scene: IntakeScene, fields: dict[str, Any], error: str
) -> None:
    answer = scene.ask(**fields)

    assert (answer.status, answer.error) == ("refused", error)
    assert answer.remedy
    assert not scene.ledger.unsettled("north")


def test_time_is_the_servers_not_the_senders(scene: IntakeScene) -> None:
    slow = datetime.now(UTC) - timedelta(hours=1)

    assert scene.ask(now=slow).error == "expired"


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
def test_bytes_that_are_no_envelope_are_refused_and_leave_nothing(scene: IntakeScene, raw: str, error: str) -> None:
    admitted = admit(raw, scene.context)

    assert (admitted.answer.status, admitted.answer.error) == ("refused", error)
    assert admitted.requester is None
    assert not scene.client.exists(keys.STATUS + ":any")


def test_forged_signature_cannot_occupy_the_nonce_of_another(scene: IntakeScene) -> None:
    request = request_of(nonce="to-be-occupied-01")
    forged = sign(request, new_signing_key()).model_copy(update={"key": ANNA.id})
    assert admit(forged.model_dump_json(), scene.context).answer.error == "signature"

    assert admit(sign(request, ANNA).model_dump_json(), scene.context).answer.status == "accepted"


def test_requester_gets_only_the_kinds_and_connectors_of_the_registry(scene: IntakeScene) -> None:
    scene.registry = parse_registry(registry_text({"anna": ANNA}, kinds=["sweep-start"]))
    assert scene.ask().error == "not_allowed"

    scene.registry = parse_registry(registry_text({"anna": ANNA}, connectors=["x"]))
    assert scene.ask().error == "not_allowed"
    assert not scene.ledger.unsettled("north")


def test_key_that_has_expired_is_refused_as_such(scene: IntakeScene) -> None:
    valid, now = scene.registry.keys[ANNA.id], scene.ledger.time()
    scene.registry = replace(scene.registry, keys={ANNA.id: replace(valid, expires=now)})
    envelope = sign(request_of(), ANNA).model_dump_json()

    refused = admit(envelope, scene.context).answer
    later = replace(valid, expires=now + timedelta(days=1))
    scene.registry = replace(scene.registry, keys={ANNA.id: later})

    assert (refused.status, refused.error) == ("refused", "key_expired")
    assert "exconn requesters rotate" in (refused.remedy or "")
    assert admit(envelope, scene.context).answer.status == "accepted"


def test_wipe_needs_armed_actions_on_an_installed_connector(scene: IntakeScene) -> None:
    scene.store.disarm("north", "actions", "anna")
    assert scene.ask().error == "not_armed"

    scene.store.apply(parse_definition(sample_definition("south")), "anna")
    assert scene.ask(connector="south").error == "not_installed"


def test_device_with_an_open_action_is_refused_and_the_action_named(scene: IntakeScene) -> None:
    first = scene.ask()

    answer = scene.ask()

    assert (answer.error, answer.job) == ("open_action", first.job)
    assert str(first.job) in (answer.text or "")


def test_unconfirmed_insert_is_answered_so_and_the_same_bytes_find_the_job(scene: IntakeScene) -> None:
    strict = Ledger(scene.client, confirm=Confirm(replicas=1, within=timedelta(milliseconds=50)))
    envelope = sign(request_of(), ANNA).model_dump_json()

    answer = admit(envelope, replace(scene.context, ledger=strict)).answer
    again = admit(envelope, scene.context).answer

    assert (answer.status, again.status) == ("unconfirmed", "accepted")
    assert answer.job == again.job
    assert len(scene.ledger.unsettled("north")) == 1


def test_ledger_out_of_reach_is_no_acceptance(restartable_valkey: RestartableValkey) -> None:
    with restartable_valkey.client() as client:
        scene = IntakeScene(client, parse_registry(registry_text({"anna": ANNA})))
        restartable_valkey.kill()

        answer = scene.ask()

    assert (answer.status, answer.error) == ("unconfirmed", "unreachable")
    assert "same bytes" in (answer.remedy or "")


def test_full_ledger_refuses_now_and_accepts_the_same_bytes_later(restartable_valkey: RestartableValkey) -> None:
    with restartable_valkey.client() as client:
        scene = IntakeScene(client, parse_registry(registry_text({"anna": ANNA})))
        scene.store.apply(parse_definition(sample_definition("north")), "anna")
        scene.store.set_installed("north", organization_of("north"), "discovery")
        envelope = sign(request_of(RequestKind.SWEEP_START), ANNA).model_dump_json()
        client.config_set("maxmemory", "1")

        full = admit(envelope, scene.context).answer
        client.config_set("maxmemory", "0")
        later = admit(envelope, scene.context).answer

    assert (full.status, full.error) == ("refused", "full")
    assert later.status == "accepted"


class FullLedger(Ledger):
    """A ledger whose server filled up between the reservation and the insert."""

    def insert(self, new: NewJob, doorbell: Doorbell | None = None) -> Inserted:
        raise LedgerFullError


def test_ledger_that_fills_up_in_between_refuses_now_and_accepts_the_same_bytes_later(scene: IntakeScene) -> None:
    envelope = sign(request_of(), ANNA).model_dump_json()

    full = admit(envelope, replace(scene.context, ledger=FullLedger(scene.client))).answer
    later = admit(envelope, scene.context).answer

    assert (full.status, full.error) == ("refused", "full")
    assert later.status == "accepted"


def test_answers_hold_no_device_and_no_reason(scene: IntakeScene) -> None:
    scene.ask(nonce="look-at-this-answer")

    kept = scene.client.get(keys.answer("anna", "look-at-this-answer")) or ""

    assert DEVICE not in kept
    assert "lost" not in kept
    assert 0 < scene.client.ttl(keys.answer("anna", "look-at-this-answer")) <= 26 * 3600


def test_every_kind_of_request_has_a_handler() -> None:
    from exconn.intake.handlers.table import HANDLERS

    assert set(HANDLERS) == set(RequestKind)
