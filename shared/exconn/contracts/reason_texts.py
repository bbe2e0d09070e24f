"""What people read of a reason, and what they can do: one row for each code.

Texts are made here, from a code and the data that came with it, and nothing compares them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from exconn.contracts.reasons import EndReason, HoldReason, Reason, RefuseReason, WaitReason


class Step(StrEnum):
    """What a person can do about a job; the first one of a row is the one to think of first."""

    RELEASE = "release"
    RETRY = "retry"
    CANCEL = "cancel"
    WAIT = "wait"
    FIX_THEN_RETRY = "fix, then retry"
    ASK_AGAIN = "ask again"


@dataclass(frozen=True)
class ReasonRow:
    """What people read of a code. `text` may name fields of the data in braces; `remedy` is a sentence."""

    text: str
    steps: tuple[Step, ...]
    remedy: str


_RELEASE = (Step.RELEASE, Step.CANCEL)
_FIX = (Step.FIX_THEN_RETRY, Step.CANCEL)
_RETRY = (Step.RETRY, Step.CANCEL)
_WAIT = (Step.WAIT, Step.RETRY, Step.CANCEL)
_CORRECT = (Step.FIX_THEN_RETRY, Step.WAIT, Step.CANCEL)
_AGAIN = (Step.ASK_AGAIN,)
_ADDRESS = "Correct the connector's definition and apply it; it is tried at once then, and by itself now and then."
_RIGHT = "Assign a role that contains it to the account; it is tried by itself now and then, at once after a retry."
_BY_ITSELF = "Nothing to do: it is tried again by itself."

REASONS: Mapping[Reason, ReasonRow] = {
    HoldReason.BREAKER: ReasonRow(
        "the circuit breaker is full: too many actions of this sort in a short time",
        _RELEASE,
        "Look at who asked for so many, then have a second person release it, or cancel it.",
    ),
    HoldReason.QUOTA: ReasonRow(
        "its requester's quota is used up",
        _RELEASE,
        "Look at what the requester asked for, then have a second person release it, or cancel it.",
    ),
    HoldReason.SECOND_PERSON: ReasonRow(
        "a second person must release a dangerous change",
        _RELEASE,
        "Have somebody else than its requester look at the plan and release it, or cancel it.",
    ),
    HoldReason.PARTNERSHIP_DIFFERS: ReasonRow(
        "the device's partnership is not the one that was meant (pair {pair}): it differs in {differences}",
        _RELEASE,
        "Find out whether it is still the device that was meant: release it if so, else cancel it.",
    ),
    HoldReason.NO_DEVICE_ID: ReasonRow(
        "Exchange shows no id of the device, and personal lists hold ids",
        _RETRY,
        "Put the id that the device's statistics show onto the list in Exchange, then cancel this; or retry it later.",
    ),
    HoldReason.NO_MAILBOX: ReasonRow(
        "Exchange shows no mailbox for the device (disabled, removed, or out of the account's scope): "
        "while that is so, the action cannot reach it",
        (Step.FIX_THEN_RETRY, Step.RELEASE, Step.CANCEL),
        "Enable the mailbox or bring it into the account's scope, then retry; or release it as it is.",
    ),
    HoldReason.UNKNOWN_BEFORE: ReasonRow(
        "nothing tells what the partnership was when the action was asked for (pair {pair})",
        _RELEASE,
        "Find out whether it is the device that was meant: release it if so, else cancel it.",
    ),
    HoldReason.NOT_AS_SEEN: ReasonRow(
        "the device is not what its requester saw: Exchange shows another {differences}",
        _RELEASE,
        "Find out whether somebody was shown another device than the one that was named: cancel it if so, and look at "
        "the monitor; else release it.",
    ),
    HoldReason.UNDELIVERED: ReasonRow(
        "undelivered: the device has not acknowledged the action by its deadline",
        (Step.WAIT, Step.RETRY, Step.CANCEL),
        "It stays pending in Exchange and is looked at once a day: wait for the device, or cancel it.",
    ),
    HoldReason.TAKEN_BACK: ReasonRow(
        "the action was taken back in Exchange (issued from here {issued} times)",
        _RELEASE,
        "Ask who took it back: release it to have it issued again, or cancel it.",
    ),
    HoldReason.NOT_SHOWN: ReasonRow(
        "Exchange said that it took the action, and never showed it (issued from here {issued} times)",
        (Step.RELEASE, Step.RETRY, Step.CANCEL),
        "Find out in Exchange why: release it to have it issued again, retry to have it looked at, or cancel it.",
    ),
    HoldReason.USE_INTUNE: ReasonRow(
        "it is Outlook by way of Exchange Online (OutlookService): no wipe from here reaches it",
        _RETRY,
        "Use Intune to wipe it, then cancel this; it can be blocked from here. A retry looks at the device once more.",
    ),
    HoldReason.UNKNOWN_KEY: ReasonRow(
        "the registry does not know its requester's key any more",
        _FIX,
        "Put the key back into the registry of requesters and retry, or cancel it.",
    ),
    HoldReason.NOT_SEALED: ReasonRow(
        "intake did not sign what was added to its request, or somebody changed it ({part})",
        _FIX,
        "Compare intake's public key with its own; if it is right, find out who changed the record, and cancel it.",
    ),
    HoldReason.OTHER_ORGANIZATION: ReasonRow(
        "it names another Exchange organization than the one of its connector",
        _FIX,
        "Find out who changed the record, and cancel it; asked for anew, it is counted where it belongs.",
    ),
    HoldReason.NO_STATISTICS: ReasonRow(
        "Exchange shows the device, but not its statistics",
        _RETRY,
        "Retry when the device's mailbox answers again.",
    ),
    HoldReason.NOT_ARMED: ReasonRow(
        "the connector is not armed for {feature}",
        _FIX,
        "Arm the connector and retry, or cancel it.",
    ),
    HoldReason.REFUSED_BY_EXCHANGE: ReasonRow(
        "refused by Exchange: {said}",
        _FIX,
        "Correct in Exchange what it complains about, then retry.",
    ),
    HoldReason.NO_CLEAR_ANSWER: ReasonRow(
        "sent {times} times without a clear answer, and Exchange shows nothing of it",
        _RETRY,
        "Look at the health of Exchange and its domain controllers, then retry.",
    ),
    HoldReason.BLOCKED_BY_SCAN: ReasonRow(
        "blocked {times} times in a row before Exchange saw it, most likely by antimalware scanning (AMSI) on "
        "{server}: what was blocked was not run",
        _FIX,
        "Look into that server's antimalware log, leave PowerShell out of its request scan (setting override "
        "AmsiRequestBodyScanning, EnabledPowerShell), then retry, or cancel it.",
    ),
    HoldReason.CANCEL_REFUSED: ReasonRow(
        "Exchange refused the cancellation: {said}",
        _RETRY,
        "Retry, or take the action back in Exchange.",
    ),
    HoldReason.CANCEL_WITHOUT_EFFECT: ReasonRow(
        "cancelling has no effect: the action is still pending in Exchange",
        _RETRY,
        "Retry, or take the action back in Exchange.",
    ),
    HoldReason.CANCEL_NOT_AS_SIGNED: ReasonRow(
        "not cancelled in Exchange: the action is not as it was signed ({part})",
        _FIX,
        "Find out who changed the record of this action; take the action back in Exchange.",
    ),
    HoldReason.CANCEL_WANTED: ReasonRow(
        "it is to be cancelled, and several looks did not get there: {cause}",
        _RETRY,
        "Correct what stands in its way and retry: it is taken back while that is possible, and not issued again.",
    ),
    HoldReason.UNPROVEN: ReasonRow(
        "it had begun, and whether it took effect cannot be proven: {cause}",
        _RETRY,
        "Find out what became of it, of a wipe from the device's owner, then cancel it to close it; "
        "a retry has Exchange looked at once more.",
    ),
    HoldReason.INVALID_COMMAND: ReasonRow(
        "a command was not sent, as it breaks the rules of its cmdlet: {said}",
        _RETRY,
        "Report it with the output of `exconn doctor --bundle FILE`; retry after an upgrade.",
    ),
    HoldReason.OBJECT_NOT_FOUND: ReasonRow(
        "Exchange does not have what was asked for: {said}",
        _RETRY,
        "Retry when it is there, or cancel it.",
    ),
    HoldReason.KILLS_ITS_WORKER: ReasonRow(
        "its workers were lost {crashes} times in a row while they had it",
        _RETRY,
        "Look at the log of the worker for what ended it, then retry.",
    ),
    HoldReason.UNREADABLE_PAYLOAD: ReasonRow(
        "what this {kind} is about cannot be read ({problems} problems)",
        (Step.CANCEL,),
        "Cancel it and ask for it again.",
    ),
    HoldReason.UNKNOWN_KIND: ReasonRow(
        "this version does not know jobs of kind {kind}",
        _FIX,
        "Upgrade the service and retry, or cancel it.",
    ),
    HoldReason.UNEXPECTED_FAILURES: ReasonRow(
        "{failures} failures in a row, the last one {said}",
        _RETRY,
        "Look at the worker's log, then retry; report it if it comes again.",
    ),
    HoldReason.NO_DEFAULT_POLICY: ReasonRow(
        "Exchange shows no default mobile device mailbox policy",
        _FIX,
        "Check what the account's role lets it see, and the policies in Exchange, then retry.",
    ),
    HoldReason.SEVERAL_DEFAULT_POLICIES: ReasonRow(
        "Exchange shows {count} default mobile device mailbox policies, so it is not known which one devices get",
        _FIX,
        "Leave one of them the default, then retry.",
    ),
    HoldReason.EMPTY_GROUP: ReasonRow(
        "Exchange shows no value of the {group} settings",
        _FIX,
        "Check what the account's role lets it see, then retry.",
    ),
    HoldReason.READ_BACK_DIFFERS: ReasonRow(
        "Exchange does not show what was set: {parameters}",
        _RETRY,
        "See whether somebody else changes it, then retry; a policy can also be planned again.",
    ),
    HoldReason.OTHER_UNIT: ReasonRow(
        "Exchange shows a size 1024 times as large or as small as it was given, so it counts in another unit than "
        "kilobytes: {parameters}",
        _RETRY,
        "Correct the size in Exchange's own shell, leave the setting out of the definition, then cancel.",
    ),
    WaitReason.KILL_SWITCH: ReasonRow(
        "the kill switch is on",
        (Step.WAIT, Step.CANCEL),
        "It goes on when somebody resumes the connector.",
    ),
    WaitReason.NO_SEAT: ReasonRow("every Exchange session is in use", _WAIT, _BY_ITSELF),
    WaitReason.THROTTLED: ReasonRow("Exchange throttles the account: {said}", _WAIT, _BY_ITSELF),
    WaitReason.UNREACHABLE: ReasonRow("{said}", _WAIT, "See that Exchange answers; it is tried again by itself."),
    WaitReason.UNANSWERED: ReasonRow("{said}", _WAIT, _BY_ITSELF),
    WaitReason.SESSION_GONE: ReasonRow("{said}", _WAIT, _BY_ITSELF),
    WaitReason.PROXY_FAILED: ReasonRow("{said}", _WAIT, _BY_ITSELF),
    WaitReason.TRANSIENT: ReasonRow("{said}", _WAIT, _BY_ITSELF),
    WaitReason.ANSWER_UNCLEAR: ReasonRow(
        "no clear answer from Exchange: what it shows is read before anything else is done", _WAIT, _BY_ITSELF
    ),
    WaitReason.UNCONFIRMED: ReasonRow(
        "the ledger's replicas or disk did not confirm in time", _WAIT, "See that the ledger's replicas keep up."
    ),
    WaitReason.LEDGER_FULL: ReasonRow(
        "the ledger server is full", _WAIT, "Raise its maxmemory, or wait until the monitor has caught up."
    ),
    WaitReason.PART_NOT_TAKEN: ReasonRow("its list was begun anew meanwhile", _WAIT, _BY_ITSELF),
    WaitReason.UNEXPECTED_FAILURE: ReasonRow(
        "a failure that nobody expected: {said}", _WAIT, "Look at the worker's log; it is tried again by itself."
    ),
    WaitReason.DEVICE_NOT_SHOWN: ReasonRow("Exchange does not show the device", _WAIT, _BY_ITSELF),
    WaitReason.STATISTICS_NOT_SHOWN: ReasonRow("Exchange shows no statistics of the device", _WAIT, _BY_ITSELF),
    WaitReason.DEVICE_SILENT: ReasonRow("waiting for the device", _WAIT, "It goes on when the device connects."),
    WaitReason.NOT_ACKNOWLEDGED_YET: ReasonRow(
        "waiting for the device's acknowledgement", _WAIT, "It goes on when the device answers."
    ),
    WaitReason.ACTION_NOT_SHOWN_YET: ReasonRow("Exchange does not show the action yet", _WAIT, _BY_ITSELF),
    WaitReason.ACTION_NOT_SHOWN_ANY_MORE: ReasonRow("Exchange does not show the action any more", _WAIT, _BY_ITSELF),
    WaitReason.CANCEL_NOT_SHOWN_YET: ReasonRow("reading the cancellation back", _WAIT, _BY_ITSELF),
    WaitReason.VALUES_NOT_SHOWN_YET: ReasonRow("Exchange does not show the values yet", _WAIT, _BY_ITSELF),
    WaitReason.MONITOR_BEHIND: ReasonRow(
        "the monitor is behind with facts ({unread} unread)", _WAIT, "See whether the monitor runs."
    ),
    WaitReason.REGISTER_FULL: ReasonRow(
        "the server of the register is full", _WAIT, "Raise its maxmemory, or wait until the monitor has caught up."
    ),
    WaitReason.REGISTER_UNREACHABLE: ReasonRow("the register did not answer", _WAIT, _BY_ITSELF),
    WaitReason.REGISTRY_UNUSABLE: ReasonRow(
        "{said}", _CORRECT, "Correct the file of requesters on the workers; it is tried again by itself."
    ),
    WaitReason.INSTALL_FAILED: ReasonRow(
        "{said}", _WAIT, "Correct it, then retry; it is tried again every hour by itself."
    ),
    WaitReason.RIGHTS_NOT_SHOWN_YET: ReasonRow(
        "since {since} the account is not shown all that {feature} needs, and the directory may still be replicating; "
        "it is looked again until {until}. {said}",
        _WAIT,
        "Nothing to do if the role script was just run; else run it, then retry.",
    ),
    WaitReason.NEWER_DEFINITION: ReasonRow("another definition was applied meanwhile", _WAIT, _BY_ITSELF),
    WaitReason.ACCOUNT_REFUSED: ReasonRow(
        "Exchange refuses the account: {said}",
        _CORRECT,
        "Correct the account's password, its remote PowerShell right or its roles; it is tried by itself now and then, "
        "at once after a retry.",
    ),
    WaitReason.CMDLET_MISSING: ReasonRow("the account does not have cmdlet {cmdlet}", _CORRECT, _RIGHT),
    WaitReason.PARAMETER_MISSING: ReasonRow(
        "the account does not have parameter {parameter} of cmdlet {cmdlet}", _CORRECT, _RIGHT
    ),
    WaitReason.UNTRUSTED_CERTIFICATE: ReasonRow("the server's certificate is not trusted: {said}", _CORRECT, _ADDRESS),
    WaitReason.WRONG_ENDPOINT: ReasonRow("the address is not that of Exchange: {said}", _CORRECT, _ADDRESS),
    WaitReason.SSL_REQUIRED: ReasonRow("the address needs https: {said}", _CORRECT, _ADDRESS),
    WaitReason.ENDPOINT_REFUSED: ReasonRow(
        "the connector's address or account cannot be used: {said}", _CORRECT, _ADDRESS
    ),
    WaitReason.NOT_PERMITTED: ReasonRow(
        "this deployment does not permit what the connector's definition says: {said}",
        _CORRECT,
        "Find out who applied the definition; correct it and apply it, or have the worker's settings changed.",
    ),
    RefuseReason.NOT_AS_SIGNED: ReasonRow(
        "it is not as it was signed ({part})", _AGAIN, "Find out who changed it; ask again if it is wanted."
    ),
    RefuseReason.ACKNOWLEDGED_SINCE: ReasonRow(
        "the device acknowledged a wipe since the request", _AGAIN, "Ask again if it is still wanted."
    ),
    RefuseReason.ENROLLED_SINCE: ReasonRow(
        "the partnership was created after the request", _AGAIN, "Ask again if the new partnership is meant."
    ),
    RefuseReason.PLAN_UNKNOWN: ReasonRow(
        "the plan is unknown, too old, or not the one that was approved", _AGAIN, "Plan again."
    ),
    RefuseReason.DEFINITION_CHANGED: ReasonRow("the definition has changed since the plan", _AGAIN, "Plan again."),
    RefuseReason.EXCHANGE_CHANGED: ReasonRow("Exchange has changed since the plan", _AGAIN, "Plan again."),
    RefuseReason.POLICY_NOT_ARMED: ReasonRow(
        "the connector is not armed for policy", _AGAIN, "Arm the connector, then ask again."
    ),
    RefuseReason.NO_APPLY_KEPT: ReasonRow(
        "no application of policy is kept that could be undone", (), "Name one of the last 20, or restore."
    ),
    EndReason.CONNECTOR_REMOVED: ReasonRow("the connector was removed", (), ""),
    EndReason.NO_LONGER_COUNTED: ReasonRow("its list was begun anew, or its sweep has ended", (), ""),
    EndReason.TIME_PASSED: ReasonRow("its time to begin has passed", _AGAIN, "Ask again if it is still wanted."),
    EndReason.NOT_PROVEN: ReasonRow(
        "it had begun before it was cancelled, and whether it took effect cannot be proven: {cause}",
        (),
        "Ask the device's owner what became of it.",
    ),
    EndReason.WIPE_OF_OTHERS: ReasonRow(
        "the wipe that somebody else asked for stays in Exchange", (), "Take it back in Exchange if it is not wanted."
    ),
    EndReason.PARTNERSHIP_GONE: ReasonRow(
        "Exchange does not have the partnership any more", (), "Nothing is known of the data on the device."
    ),
    EndReason.SERVICE_ENDED: ReasonRow("{said}", (), "Connect to servers of your own."),
    EndReason.RIGHTS_MISSING: ReasonRow("{said}", _AGAIN, "Assign the roles, then arm again."),
}

_BY_CODE: Mapping[str, ReasonRow] = {code.value: row for code, row in REASONS.items()}


def reason_text(code: str, data: Mapping[str, object]) -> str:
    """What a person reads of a reason. A code that this version does not know is shown as it is."""
    row = _BY_CODE.get(code)
    return code.replace("_", " ") if row is None else row.text.format_map(_Shown(data))


def remedy_text(code: str) -> str:
    """What a person can do, as a sentence; empty where nothing is to be done, or the code is unknown."""
    row = _BY_CODE.get(code)
    return "" if row is None else row.remedy


def steps_for(code: str) -> tuple[Step, ...]:
    """What a person can do; of an unknown code a newer version knows more: it can be retried or cancelled."""
    row = _BY_CODE.get(code)
    return (Step.RETRY, Step.CANCEL) if row is None else row.steps


class _Shown(dict[str, object]):
    """The fields of a text; lists are written with commas, and what is missing as a question mark.

    A `cause` is the code of another reason, and is told as that.
    """

    def __getitem__(self, name: str) -> object:
        found = super().__getitem__(name)
        if name == "cause":
            return reason_text(str(found), {**self, name: "?"})
        return ", ".join(map(str, found)) if isinstance(found, (list, tuple)) else found

    def __missing__(self, name: str) -> str:
        return "?"
