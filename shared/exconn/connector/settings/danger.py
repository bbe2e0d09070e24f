"""Which change of a setting a second person must see: it erases phones, locks them, stops mail, or lets policy go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from exconn.connector.settings.values import UNLIMITED, PolicyValue


@dataclass(frozen=True)
class Danger:
    """`judge` decides on a change from what Exchange has (None: not shown) to what is wanted; `says` is its rule."""

    says: str
    judge: Callable[[PolicyValue | None, PolicyValue], bool]


def _size(value: PolicyValue | None) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if value is None or value == UNLIMITED or isinstance(value, (str, tuple)):
        return float("inf")
    return float(value)


def _becomes_smaller(found: PolicyValue | None, wanted: PolicyValue) -> bool:
    return _size(wanted) < _size(found)


def _turned_on(found: PolicyValue | None, wanted: PolicyValue) -> bool:
    return wanted is True and found is not True


def _turned_off(found: PolicyValue | None, wanted: PolicyValue) -> bool:
    return wanted is False and found is not False


HARMLESS = Danger("", lambda _found, _wanted: False)
ERASES_SOONER = Danger("fewer attempts: phones erase themselves", _becomes_smaller)
LOCKS_SOONER = Danger("a shorter time: people are locked out", _becomes_smaller)
STOPS_MAIL = Danger("false: mail of phones that cannot enforce the policy stops", _turned_off)
STOPS_ATTACHMENTS = Danger("false: attachments no longer arrive", _turned_off)
ENCRYPTS = Danger("true: phones that cannot encrypt are turned away, others begin to", _turned_on)
LETS_GO = Danger("true: the policy no longer binds what another management claims", _turned_on)
