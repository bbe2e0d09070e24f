"""Each text that an earlier version kept as a reason becomes the code that says the same."""

import pytest

from exconn.contracts import HoldReason, Reason, WaitReason, reason_text
from exconn.coordinator.earlier_reasons import carried

PAIR = "fingerprint 0123456789ab: "
NO_MAILBOX = "Exchange shows no mailbox for the device (disabled, removed, or out of the account's scope)"

TEXTS: list[tuple[str, Reason, str]] = [
    ("breaker", HoldReason.BREAKER, ""),
    ("quota", HoldReason.QUOTA, ""),
    ("a second person must release a dangerous change", HoldReason.SECOND_PERSON, ""),
    (PAIR + "differs in mailbox, created", HoldReason.PARTNERSHIP_DIFFERS, "0123456789ab"),
    (PAIR + NO_MAILBOX, HoldReason.NO_MAILBOX, "0123456789ab"),
    (PAIR + "nothing tells what it was when it was asked for", HoldReason.UNKNOWN_BEFORE, "0123456789ab"),
    ("undelivered", HoldReason.UNDELIVERED, ""),
    ("the wipe was taken back in Exchange (issued here 2 times): release issues it", HoldReason.TAKEN_BACK, "2"),
    ("the registry does not know the requester's key any more: put it back", HoldReason.UNKNOWN_KEY, ""),
    ("no statistics: Exchange shows the device but not its wipe fields", HoldReason.NO_STATISTICS, ""),
    ("actions are not armed", HoldReason.NOT_ARMED, ""),
    ("refused by Exchange: DeviceException", HoldReason.REFUSED_BY_EXCHANGE, ""),
    ("cancel refused by Exchange: DeviceException", HoldReason.CANCEL_REFUSED, ""),
    ("cancelling has no effect, the wipe is still pending: retry", HoldReason.CANCEL_WITHOUT_EFFECT, ""),
    (
        "not cancelled in Exchange: the action is not as it was signed (device)",
        HoldReason.CANCEL_NOT_AS_SIGNED,
        "",
    ),
    ("the action account lacks Clear-MobileDevice: assign a role", WaitReason.CMDLET_MISSING, ""),
    ("Account CORP\\svc is not authorized on ex1 (401). Check its password", WaitReason.ACCOUNT_REFUSED, ""),
    ("The certificate of ex1 is not trusted: self-signed. Set the CA file", WaitReason.UNTRUSTED_CERTIFICATE, ""),
    ("ex1 answered, and does not serve Exchange at this address. Use", WaitReason.WRONG_ENDPOINT, ""),
    ("ex1 requires SSL for this address (HTTP 403). Use https", WaitReason.SSL_REQUIRED, ""),
    (
        "Invoking cmdlet Get-MobileDevice failed: a device was not found on dc1.",
        HoldReason.OBJECT_NOT_FOUND,
        "",
    ),
    ("Invoking cmdlet Get-MobileDevice failed: something [Type]", HoldReason.REFUSED_BY_EXCHANGE, ""),
    ("it kills its worker", HoldReason.KILLS_ITS_WORKER, ""),
    ("the payload of this wipe is not understood (2 problems)", HoldReason.UNREADABLE_PAYLOAD, ""),
    ("unknown kind of job 'teleport': upgrade this service", HoldReason.UNKNOWN_KIND, ""),
    ("5 failures in a row, the last one KeyError", HoldReason.UNEXPECTED_FAILURES, ""),
    ("Exchange shows 2 default mobile device mailbox policies: leave one", HoldReason.SEVERAL_DEFAULT_POLICIES, ""),
    ("read back differs", HoldReason.READ_BACK_DIFFERS, ""),
    ("something that nobody remembers", HoldReason.UNEXPECTED_FAILURES, ""),
]


@pytest.mark.parametrize(("text", "code", "subject"), TEXTS, ids=[text[:40] for text, _, _ in TEXTS])
def test_a_text_becomes_the_code_that_says_the_same(text: str, code: Reason, subject: str) -> None:
    found = carried(text)

    assert (found.code, found.subject, found.failures) == (code, subject, 0)
    missing = () if code is HoldReason.READ_BACK_DIFFERS else ("?",)
    assert not any(mark in reason_text(found.code, found.data) for mark in missing)


def test_failures_in_a_row_become_a_number() -> None:
    found = carried("failure 7: Exchange could not be reached at ex1: refused")

    assert (found.code, found.failures) == (WaitReason.UNEXPECTED_FAILURE, 7)
    assert found.data == {"said": "Exchange could not be reached at ex1: refused"}
