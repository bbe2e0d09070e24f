"""Blocking and allowing a device against a simulated Exchange: the lists are as asked for, and it is done once."""

from datetime import UTC, datetime, timedelta

import pytest

from exconn.actions.access.issue import ListsBefore
from exconn.actions.look import look_at
from exconn.contracts import KINDS, EndReason, HoldReason, Kind, Phase, RefuseReason, WaitReason
from exconn.contracts.work import Block, PreflightActions
from exconn.doorbell import JobTask
from exconn.exchange import ListChange
from exconn.ledger import Limits, NewJob, OpenActionError, Outcome, Window
from exconn.sessions import PreflightHandler
from exconn.stream import Number
from tests.support.jobs.wipe_jobs import CONNECTOR, SERVERS_DOMAIN, Wiping, fingerprint_of, settled

SET = "Set-CASMailbox"
STATE = {Kind.BLOCK: "Blocked", Kind.ALLOW: "Allowed"}
EITHER = pytest.mark.parametrize("kind", [Kind.BLOCK, Kind.ALLOW])


def device_id(wiping: Wiping, guid: str) -> str:
    return str(wiping.simulator.device(guid)["device_id"])


def put(wiping: Wiping, guid: str, **lists: tuple[str, ...]) -> None:
    """What the owner's lists get in addition, by an administrator."""
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        mailbox = session.mailbox_owner(session.device(guid).owner_dn).guid
        change = {name: ListChange(add=ids) for name, ids in lists.items()}
        session.change_personal_lists(mailbox, allowed=change.get("allowed"), blocked=change.get("blocked"))


def is_listed(wiping: Wiping, guid: str, kind: Kind) -> bool:
    """Whether the device is on the one list, and off the other."""
    allowed, blocked = wiping.lists(guid)
    on, off = (blocked, allowed) if kind is Kind.BLOCK else (allowed, blocked)
    return device_id(wiping, guid) in on and device_id(wiping, guid) not in off


def lose_after_begin(wiping: Wiping, action: str, guid: str, *, send: bool) -> None:
    """What a worker leaves that is killed right after `begin`, or right after the cmdlet."""
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        look = look_at(session, guid)
        claim = wiping.ledger.claim(action, "lost worker")
        assert claim is not None
        wiping.ledger.begin(claim.lease, pre_image=ListsBefore.before(session, look).model_dump(mode="json"))
        if send:
            change = ListChange(add=(look.device.device_id,))
            session.change_personal_lists(look.fingerprint.mailbox, blocked=change)


@EITHER
def test_the_device_is_on_one_list_and_off_the_other_and_exchange_decides_by_it(wiping: Wiping, kind: Kind) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    other = "allowed" if kind is Kind.BLOCK else "blocked"
    put(wiping, guid, **{other: (device_id(wiping, guid).lower(), "ANOTHER")})
    before = len(wiping.edits(guid))

    job = wiping.work(wiping.request(guid, kind=kind), until=settled)

    assert (job.outcome, job.phase, job.begun) == (Outcome.SUCCEEDED, Phase.VERIFIED, 1)
    assert is_listed(wiping, guid, kind)
    assert any("ANOTHER" in ids for ids in wiping.lists(guid))
    assert wiping.simulator.device(guid)["state"] == STATE[kind]
    assert wiping.simulator.device(guid)["state_reason"] == "Individual"
    (edit,) = wiping.edits(guid)[before:]
    assert {"ActiveSyncAllowedDeviceIDs", "ActiveSyncBlockedDeviceIDs", "DomainController"} <= edit.keys()
    assert [message.text for message in wiping.told(job.id, Number.ACTION_VERIFIED)] == [
        f"Device action {kind} read back from Exchange"
    ]


@EITHER
def test_what_is_so_already_needs_no_cmdlet_and_no_token(wiping: Wiping, kind: Kind) -> None:
    guid = wiping.fresh_device()
    wiping.work(wiping.request(guid, kind=kind), until=settled)
    before = len(wiping.edits(guid))

    job = wiping.work(wiping.request(guid, kind=kind), until=settled)

    assert (job.outcome, job.begun, job.data["found"]) == (Outcome.SUCCEEDED, 0, True)
    assert len(wiping.edits(guid)) == before
    assert is_listed(wiping, guid, kind)


def test_a_blocked_device_that_is_allowed_is_blocked_again_when_asked_for(wiping: Wiping) -> None:
    guid = wiping.fresh_device()

    for kind in (Kind.BLOCK, Kind.ALLOW, Kind.BLOCK):
        assert wiping.work(wiping.request(guid, kind=kind), until=settled).outcome == Outcome.SUCCEEDED
        assert wiping.simulator.device(guid)["state"] == STATE[kind]


@pytest.mark.parametrize("send", [False, True])
def test_a_block_whose_worker_was_lost_after_begin_takes_effect_once(wiping: Wiping, *, send: bool) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, kind=Kind.BLOCK)
    lose_after_begin(wiping, action, guid, send=send)

    job = wiping.work(action, until=settled)

    assert (job.outcome, job.data["read_back"]) == (Outcome.SUCCEEDED, send)
    assert job.begun == (1 if send else 2)
    assert len(wiping.edits(guid)) == 1
    assert is_listed(wiping, guid, Kind.BLOCK)


@pytest.mark.parametrize("fault", ["drop_answer", "lost_call"])
def test_a_block_whose_answer_is_lost_is_read_back_and_sent_again_only_if_it_does_not_show(
    wiping: Wiping, fault: str
) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault(fault, cmdlet=SET, times=1, seconds=0)
    action = wiping.request(guid, kind=Kind.BLOCK)

    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert len(wiping.told(action, Number.ANSWER_UNCLEAR)) == 1
    assert len(wiping.edits(guid)) == 1
    assert is_listed(wiping, guid, Kind.BLOCK)


def test_a_block_that_exchange_confirms_and_never_shows_is_held_and_a_retry_sends_it_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("says_ok", cmdlet=SET, times=1)
    action = wiping.request(guid, kind=Kind.BLOCK)

    held = wiping.held(action)

    assert (held.reason, held.data["parameters"]) == (HoldReason.READ_BACK_DIFFERS, ["ActiveSyncBlockedDeviceIDs"])
    assert held.begun == 1
    assert [message.text for message in wiping.told(action, Number.ACTION_ISSUED)] == [
        "Device action block issued to Exchange"
    ]
    wiping.ledger.retry(action, by="operator")
    job = wiping.work(action, until=settled)
    assert (job.outcome, job.begun) == (Outcome.SUCCEEDED, 2)
    assert is_listed(wiping, guid, Kind.BLOCK)


def test_a_block_that_exchange_shows_late_is_read_again_and_not_sent_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("says_ok", cmdlet=SET, times=1)
    action = wiping.request(guid, kind=Kind.BLOCK)
    wiping.look(action)
    put(wiping, guid, blocked=(device_id(wiping, guid),))

    job = wiping.work(action, until=settled)

    assert (job.outcome, job.begun, job.phase) == (Outcome.SUCCEEDED, 1, Phase.VERIFIED)


def test_a_later_partnership_is_held_and_its_owners_lists_stay(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid).model_copy(update={"created": datetime(2001, 1, 1, tzinfo=UTC)})

    job = wiping.held(wiping.request(guid, kind=Kind.BLOCK, known=meant))

    assert (job.reason, job.data["differences"]) == (HoldReason.PARTNERSHIP_DIFFERS, ["created"])
    assert wiping.edits(guid) == []


def test_another_device_than_was_meant_is_held(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid).model_copy(update={"device": "0" * 16})

    assert wiping.held(wiping.request(guid, kind=Kind.BLOCK, known=meant)).reason == (HoldReason.PARTNERSHIP_DIFFERS)
    assert wiping.edits(guid) == []


def test_a_forged_block_is_refused(wiping: Wiping) -> None:
    guid = wiping.fresh_device()

    job = wiping.work(wiping.request(guid, kind=Kind.BLOCK, forged=True), until=settled)

    assert job.data["reason"] == RefuseReason.NOT_AS_SIGNED
    assert wiping.edits(guid) == []


def test_a_signed_wipe_does_not_pass_for_a_block(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    job = wiping.job(wiping.request(guid))
    wiping.ledger.cancel(job.id, by="operator")
    payload = job.payload.replace('"kind":"wipe"', '"kind":"block"')
    assert job.valid_until is not None
    block = wiping.insert(Block.model_validate_json(payload), nonce="n" * 16, valid_until=job.valid_until)

    assert wiping.work(block, until=settled).data["part"] == "kind"
    assert wiping.edits(guid) == []


def test_the_kill_switch_stops_a_block_and_lets_an_allow_pass(wiping: Wiping) -> None:
    blocked, allowed = wiping.fresh_device(), wiping.fresh_device()
    wiping.ledger.pause(CONNECTOR, by="boss")
    block, allow = wiping.request(blocked, kind=Kind.BLOCK), wiping.request(allowed, kind=Kind.ALLOW)

    stopped = wiping.work(block, until=lambda job: job.wait == "switch")
    passed = wiping.work(allow, until=settled)

    assert (stopped.reason, wiping.edits(blocked)) == (WaitReason.KILL_SWITCH, [])
    assert (passed.outcome, is_listed(wiping, allowed, Kind.ALLOW)) == (Outcome.SUCCEEDED, True)


@EITHER
@pytest.mark.parametrize("when", ["before begin", "after begin"])
def test_cancelled_before_begin_it_is_not_done_and_after_it_the_lists_decide(
    wiping: Wiping, kind: Kind, when: str
) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, kind=kind)
    if when == "after begin":
        lose_after_begin(wiping, action, guid, send=False)
    wiping.ledger.cancel(action, by="operator")

    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.CANCELLED
    assert wiping.edits(guid) == []


def test_a_cancel_that_comes_after_the_effect_changes_nothing(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, kind=Kind.BLOCK)
    lose_after_begin(wiping, action, guid, send=True)
    wiping.ledger.cancel(action, by="operator")

    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert is_listed(wiping, guid, Kind.BLOCK)


def test_a_device_without_a_mailbox_is_held_also_after_a_release(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("not_found", cmdlet="Get-CASMailbox", times=-1)
    action = wiping.request(guid, kind=Kind.BLOCK)
    assert wiping.held(action).reason == HoldReason.NO_MAILBOX

    wiping.release(action)
    wiping.look(action)

    assert (wiping.job(action).reason, wiping.edits(guid)) == (HoldReason.NO_MAILBOX, [])


def test_a_partnership_that_is_removed_ends_its_block_as_gone(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        session.remove_device(guid)

    job = wiping.work(
        wiping.request(guid, kind=Kind.BLOCK, is_known=False), until=settled, within=timedelta(seconds=60)
    )

    assert (job.outcome, job.phase) == (Outcome.GONE, Phase.CLOSED)
    assert [message.text for message in wiping.told(job.id, Number.ACTION_GONE)] == [
        "Device partnership gone before the end of action block"
    ]


def test_what_a_block_leaves_in_the_ledger_names_no_device_id(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("says_ok", cmdlet=SET, times=1)
    action = wiping.request(guid, kind=Kind.BLOCK)
    wiping.held(action)

    kept = f"{wiping.job(action)} {[m.data for number in Number for m in wiping.told(action, number)]}"

    assert device_id(wiping, guid).casefold() not in kept.casefold()


@EITHER
def test_the_quota_of_its_requester_holds_either(wiping: Wiping, kind: Kind) -> None:
    limits = Limits(quota=(Window(1, timedelta(hours=1)),))
    first, second = (wiping.request(wiping.fresh_device(), kind=kind, limits=limits) for _ in range(2))

    assert wiping.work(first, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.held(second).reason == HoldReason.QUOTA


@pytest.mark.parametrize(("first", "second"), [(Kind.WIPE, Kind.BLOCK), (Kind.BLOCK, Kind.WIPE)])
def test_a_device_has_one_open_action_of_whatever_kind(wiping: Wiping, first: Kind, second: Kind) -> None:
    guid = wiping.fresh_device()
    wiping.ledger.pause(CONNECTOR, by="boss")
    action = wiping.request(guid, kind=first)
    wiping.work(action, until=lambda job: job.wait == "switch")

    with pytest.raises(OpenActionError) as refused:
        wiping.request(guid, kind=second)

    assert refused.value.open_job == action


@pytest.mark.parametrize("name", ["ActiveSyncBlockedDeviceIDs", "ActiveSyncAllowedDeviceIDs"])
def test_the_preflight_names_the_list_that_the_account_may_not_edit(wiping: Wiping, name: str) -> None:
    wiping.simulator.rights("actions", without=[f"{SET} -{name}"])
    handler = PreflightHandler(sessions=wiping.sessions, client=wiping.client, feature="actions", patience=timedelta(0))
    row = KINDS[Kind.PREFLIGHT_ACTIONS]
    new = NewJob(
        kind=Kind.PREFLIGHT_ACTIONS,
        connector=CONNECTOR,
        payload=PreflightActions().model_dump_json(),
        idempotency_key="arm",
        service=row.service,
    )
    job_id = wiping.ledger.insert(new).job_id

    task = JobTask(wiping.ledger, {Kind.PREFLIGHT_ACTIONS: handler}, worker="worker", rings=lambda *_: None)
    task(job_id)

    job = wiping.job(job_id)
    assert (job.outcome, job.data["reason"]) == (Outcome.FAILED, EndReason.RIGHTS_MISSING)
    assert f"{SET} lacks {name}." in str(job.data["said"])
