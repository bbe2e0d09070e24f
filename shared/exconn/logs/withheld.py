"""What never reaches a log: secrets and personal data, by the names of their fields."""

from collections.abc import Mapping, MutableMapping

from structlog.typing import EventDict, WrappedLogger

#: Field names that are left out, in any nesting. A device is named in logs by its directory object GUID alone.
WITHHELD = frozenset(
    {
        "account_wipe_requestor",
        "address",
        "authorization",
        "broker_url",
        "device_id",
        "distinguished_name",
        "email",
        "envelope",
        "friendly_name",
        "identity",
        "imei",
        "ledger_url",
        "mail",
        "owner",
        "owner_address",
        "owner_name",
        "passphrase",
        "password",
        "phone_number",
        "private_key",
        "secret",
        "signature",
        "token",
        "user",
        "user_display_name",
        "user_name",
        "username",
        "wipe_requestor",
    }
)
#: The field that says what was left out.
LEFT_OUT = "left_out"


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: drop withheld fields, and name them in `left_out`."""
    dropped: set[str] = set()
    kept = _kept(event, dropped)
    if dropped:
        kept[LEFT_OUT] = sorted(dropped)
    return kept


def _kept(fields: Mapping[str, object], dropped: set[str]) -> MutableMapping[str, object]:
    kept: dict[str, object] = {}
    for name, value in fields.items():
        if str(name).lower() in WITHHELD:
            dropped.add(str(name).lower())
        else:
            kept[name] = _kept_value(value, dropped)
    return kept


def _kept_value(value: object, dropped: set[str]) -> object:
    if isinstance(value, Mapping):
        return _kept(value, dropped)
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        return [_kept_value(item, dropped) for item in value]
    return value
