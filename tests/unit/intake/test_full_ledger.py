"""A ledger server without memory left: what stops work, takes it back or lets it go on is done all the same."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from exconn.connector import parse_definition, sample_definition
from exconn.contracts import Answer, HoldReason
from exconn.contracts.findings import FindingCode
from exconn.contracts.request import Request, RequestKind, Target
from exconn.doorbell import Bell
from exconn.intake.answer_store import AnswerStore
from exconn.intake.context import KnownDevice
from exconn.intake.handlers.table import HANDLERS, WHEN_FULL
from exconn.intake.receive import Receiver
from exconn.ledger import State
from exconn.signing import sign
from exconn.signing.requesters import parse_registry
from tests.support.machine.valkey import RestartableValkey
from tests.support.requests.receiving import ANNA, BERT, IntakeScene
from tests.support.requests.signed import DEVICE, organization_of, registry_text, request_of
from tests.support.streams.records import messages_of

MOST = 5


class FullServer(IntakeScene):
    """Intake on a server of its own. Until `fill` is called there is room."""

    def fill(self, *, full: bool = True) -> None:
        self.client.config_set("maxmemory", "1" if full else "0")

    def receive(self, request: Request) -> Answer:
        context = replace(self.context, answers=AnswerStore(self.client, most_when_full=MOST))
        key = BERT if request.requester == "bert" else ANNA
        return Receiver(context, Bell(self.client)).receive(sign(request, key).model_dump_json(), way="http")


@pytest.fixture
def full(restartable_valkey: RestartableValkey) -> Iterator[FullServer]:
    with restartable_valkey.client() as client:
        server = FullServer(client, parse_registry(registry_text({"anna": ANNA, "bert": BERT})))
        server.devices[DEVICE] = KnownDevice()
        server.store.apply(parse_definition(sample_definition("north")), "anna")
        server.store.set_installed("north", organization_of("north"), "discovery")
        server.store.arm("north", "actions", "actions")
        server.ledger.resume("north", by="anna")
        yield server


def a_wipe(full: FullServer) -> str:
    return full.ask().job or ""


def is_paused(full: FullServer, _job: str) -> bool:
    return full.ledger.switch("north") == "paused"


def is_running(full: FullServer, _job: str) -> bool:
    return full.ledger.switch("north") == "running"


def is_cancelled(full: FullServer, job: str) -> bool:
    found = full.ledger.job(job)
    return found is not None and found.outcome == "cancelled"


def is_due(full: FullServer, job: str) -> bool:
    found = full.ledger.job(job)
    return found is not None and found.state is State.QUEUED


def is_disarmed(full: FullServer, _job: str) -> bool:
    return full.store.get("north").armed == ()


def is_removed(full: FullServer, _job: str) -> bool:
    return full.store.get("north").state == "removed"


def is_acknowledged(full: FullServer, _job: str) -> bool:
    return messages_of(full.client)[-1].text == "Problem records_missing 3-4 acknowledged: lost"


EFFECTS: dict[RequestKind, Callable[[FullServer, str], bool]] = {
    RequestKind.PAUSE: is_paused,
    RequestKind.RESUME: is_running,
    RequestKind.JOB_CANCEL: is_cancelled,
    RequestKind.JOB_RETRY: is_due,
    RequestKind.RELEASE: is_due,
    RequestKind.CONNECTOR_DISARM: is_disarmed,
    RequestKind.CONNECTOR_REMOVE: is_removed,
    RequestKind.PROBLEM_ACKNOWLEDGE: is_acknowledged,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", EFFECTS)
def test_what_brings_no_new_work_is_done_on_a_full_server(full: FullServer, kind: RequestKind) -> None:
    job = "" if kind is RequestKind.CONNECTOR_REMOVE else a_wipe(full)
    targets = {
        RequestKind.CONNECTOR_DISARM: Target(feature="actions"),
        RequestKind.PROBLEM_ACKNOWLEDGE: Target(problem=FindingCode.RECORDS_MISSING, finding="3-4"),
    }
    named = Target(jobs=(job,) if job else ())
    target = full.brake_target(job) if kind is RequestKind.RELEASE else targets.get(kind, named)
    if kind is RequestKind.RESUME:
        full.ledger.pause("north", by="bert")
    if kind in (RequestKind.RELEASE, RequestKind.JOB_RETRY):
        full.hold(job, HoldReason.BREAKER if kind is RequestKind.RELEASE else HoldReason.NO_MAILBOX)
    full.fill()

    request = request_of(kind, target=target, requester="bert")
    answer = full.receive(request)

    assert (answer.status, answer.error) == ("accepted", None)
    assert EFFECTS[kind](full, job)
    assert full.receive(request) == answer


@pytest.mark.slow
def test_what_brings_new_work_is_told_that_the_server_is_full(full: FullServer) -> None:
    full.fill()
    definition = Target(definition=sample_definition("north", longest_pause="9m"))
    targets = {RequestKind.CONNECTOR_APPLY: definition, RequestKind.CONNECTOR_ARM: Target(feature="policy")}

    refusals = {
        kind: full.receive(request_of(kind, target=targets.get(kind, Target(device=DEVICE)))).error
        for kind in set(HANDLERS) - WHEN_FULL
    }

    assert set(refusals.values()) == {"full"}
    assert full.store.get("north").revision == 1
    assert set(EFFECTS) == WHEN_FULL


@pytest.mark.slow
def test_one_requester_cannot_fill_a_full_server_further_without_end(full: FullServer) -> None:
    full.fill()

    answers = [full.receive(request_of(RequestKind.PAUSE)).error for _ in range(MOST + 2)]

    assert answers == [None] * MOST + ["full"] * 2
    assert full.receive(request_of(RequestKind.PAUSE, requester="bert")).status == "accepted"


@pytest.mark.slow
def test_a_nonce_is_bound_to_its_bytes_on_a_full_server_too(full: FullServer) -> None:
    full.fill()
    first = full.receive(request_of(RequestKind.PAUSE, nonce="the-same-nonce-twice"))

    other = full.receive(request_of(RequestKind.RESUME, nonce="the-same-nonce-twice"))

    assert (first.status, other.error) == ("accepted", "replayed")
    assert full.ledger.switch("north") == "paused"
