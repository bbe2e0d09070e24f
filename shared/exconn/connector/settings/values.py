"""Values of settings: as they are written in `connector.toml`, and as the Exchange client reads and takes them."""

from datetime import timedelta
from typing import Literal

#: A value as `connector.toml` has it.
Written = int | bool | str | tuple[str, ...]
#: A parameter's value as the Exchange client reads and takes it; lists are in order and hold nothing twice.
PolicyValue = bool | int | str | timedelta | tuple[str, ...]

UNLIMITED: Literal["Unlimited"] = "Unlimited"
#: The words that stand for a value in `connector.toml`.
NO_LIMIT, DEFAULT = "unlimited", "default"
KB = 1024


def as_list(texts: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """A list as lists are compared: Exchange keeps no order."""
    return tuple(sorted(set(texts)))


def wire_form(value: PolicyValue) -> bool | int | str:
    """The value as people read it, in Exchange's own form: time spans as `d.hh:mm:ss`, or `hh:mm:ss` below a day."""
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if not isinstance(value, timedelta):
        return value
    hours, rest = divmod(value.seconds, 3600)
    clock = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{value.days}.{clock}" if value.days else clock


def documented_value(text: str) -> PolicyValue:
    """A default as Exchange's pages write it: `$true`, `8`, `Unlimited`, `All`."""
    if text in ("$true", "$false"):
        return text == "$true"
    return int(text) if text.isdecimal() else text


def differs_by_unit(found: PolicyValue | None, wanted: PolicyValue) -> bool:
    """Whether two sizes are the same number of kilobytes in one reading, and of bytes in the other."""
    if isinstance(found, bool) or isinstance(wanted, bool) or not (isinstance(found, int) and isinstance(wanted, int)):
        return False
    small, large = sorted((found, wanted))
    return small != large and small in (large // KB, -(-large // KB))
