"""The texts that versions before reason codes kept as reasons, and the codes that took their place.

Read once, when a ledger is carried over. Nothing else reads a text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from exconn.contracts import HoldReason, WaitReason


@dataclass(frozen=True)
class Carried:
    """A reason as a code; `subject` is what exactly a release is for."""

    code: HoldReason | WaitReason
    data: Mapping[str, object] = field(default_factory=dict)
    subject: str = ""
    failures: int = 0


Make = Callable[["re.Match[str]"], Carried]


def _as(code: HoldReason | WaitReason, **data: object) -> Make:
    """The code, with the named groups of the text and the whole text of an error as its data."""

    def make(found: "re.Match[str]") -> Carried:
        named = {name: value for name, value in found.groupdict().items() if value is not None}
        subject = named.get("pair") or named.get("issued") or ""
        return Carried(code, {"said": found.string, **named, **data}, subject)

    return make


def _fails(found: "re.Match[str]") -> Carried:
    return Carried(WaitReason.UNEXPECTED_FAILURE, {"said": found["said"]}, failures=int(found["failures"]))


_PAIR = r"fingerprint (?P<pair>[0-9a-f]{12}): "
_INVOKED = r"Invoking cmdlet (?P<cmdlet>\S+) failed: .*"

#: Looked through from the top; the last one takes what no other knows.
_TEXTS: tuple[tuple[str, Make], ...] = (
    (r"failure (?P<failures>\d{1,6}): (?P<said>.*)", _fails),
    (r"breaker", _as(HoldReason.BREAKER)),
    (r"quota", _as(HoldReason.QUOTA)),
    (r"a second person must release a dangerous change", _as(HoldReason.SECOND_PERSON)),
    (_PAIR + r"differs in (?P<differences>.*)", _as(HoldReason.PARTNERSHIP_DIFFERS)),
    (_PAIR + r"Exchange shows no mailbox.*", _as(HoldReason.NO_MAILBOX)),
    (_PAIR + r"nothing tells.*", _as(HoldReason.UNKNOWN_BEFORE)),
    (r"undelivered", _as(HoldReason.UNDELIVERED)),
    (r"the wipe was taken back in Exchange \(issued here (?P<issued>\d+) times\).*", _as(HoldReason.TAKEN_BACK)),
    (r"the registry does not know the requester's key.*", _as(HoldReason.UNKNOWN_KEY)),
    (r"no statistics: .*", _as(HoldReason.NO_STATISTICS)),
    (r"actions are not armed", _as(HoldReason.NOT_ARMED, feature="actions")),
    (r"refused by Exchange: (?P<said>.*)", _as(HoldReason.REFUSED_BY_EXCHANGE)),
    (r"cancel refused by Exchange: (?P<said>.*)", _as(HoldReason.CANCEL_REFUSED)),
    (r"cancelling has no effect.*", _as(HoldReason.CANCEL_WITHOUT_EFFECT)),
    (r"not cancelled in Exchange: .*\((?P<part>.*)\)", _as(HoldReason.CANCEL_NOT_AS_SIGNED)),
    (r"the action account lacks (?P<cmdlet>\S+): .*", _as(WaitReason.CMDLET_MISSING)),
    (_INVOKED + r"does not have this cmdlet.*", _as(WaitReason.CMDLET_MISSING)),
    (_INVOKED + r"does not have parameter (?P<parameter>\w+).*", _as(WaitReason.PARAMETER_MISSING)),
    (_INVOKED + r"was not found on .*", _as(HoldReason.OBJECT_NOT_FOUND)),
    (r".* is not (authorized|enabled for remote PowerShell) on .*", _as(WaitReason.ACCOUNT_REFUSED)),
    (r".*No management role is assigned to .*", _as(WaitReason.ACCOUNT_REFUSED)),
    (r".*The certificate of .* is not trusted.*", _as(WaitReason.UNTRUSTED_CERTIFICATE)),
    (r".*does not serve Exchange at this address.*", _as(WaitReason.WRONG_ENDPOINT)),
    (r".*requires SSL for this address.*", _as(WaitReason.SSL_REQUIRED)),
    (r".*Endpoint setting .*", _as(WaitReason.ENDPOINT_REFUSED)),
    (_INVOKED, _as(HoldReason.REFUSED_BY_EXCHANGE)),
    (r".* was not sent: .*", _as(HoldReason.INVALID_COMMAND)),
    (r"it kills its worker", _as(HoldReason.KILLS_ITS_WORKER, crashes=3)),
    (
        r"the payload of this (?P<kind>\S+) is not understood \((?P<problems>\d+) problems\)",
        _as(HoldReason.UNREADABLE_PAYLOAD),
    ),
    (r"unknown kind of job '(?P<kind>[^']*)'.*", _as(HoldReason.UNKNOWN_KIND)),
    (
        r"(?P<failures>\d+) failures in a row, the last one (?P<said>.*)",
        _as(HoldReason.UNEXPECTED_FAILURES),
    ),
    (r"Exchange shows no default mobile device mailbox policy.*", _as(HoldReason.NO_DEFAULT_POLICY)),
    (
        r"Exchange shows (?P<count>\d+) default mobile device mailbox policies.*",
        _as(HoldReason.SEVERAL_DEFAULT_POLICIES),
    ),
    (r"Exchange shows no value of the (?P<group>\S+) settings.*", _as(HoldReason.EMPTY_GROUP)),
    (r"read back differs", _as(HoldReason.READ_BACK_DIFFERS)),
    (r".*", _as(HoldReason.UNEXPECTED_FAILURES, failures=1)),
)


def carried(text: str) -> Carried:
    """The code for a text, with what the text said."""
    found = ((re.fullmatch(pattern, text, re.DOTALL), make) for pattern, make in _TEXTS)
    return next(make(match) for match, make in found if match is not None)
