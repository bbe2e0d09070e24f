"""Settings groups: what the connector's own settings mean to Exchange.

Canonical names are those of the MobileDevice family; the Exchange client renames them for the older family. A
setting that is not set is absent from the result: Exchange keeps what it has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from exconn.connector.definition import ConnectorDefinition, SettingsGroup

#: A value as `connector.toml` has it.
Written = int | bool | str
#: A parameter's value as the Exchange client reads and takes it.
PolicyValue = bool | int | timedelta | Literal["Unlimited"]

UNLIMITED: Literal["Unlimited"] = "Unlimited"


def _harmless(_found: PolicyValue | None, _wanted: PolicyValue) -> bool:
    return False


def _turns_off(found: PolicyValue | None, wanted: PolicyValue) -> bool:
    return wanted is False and found is not False


def _becomes_smaller(found: PolicyValue | None, wanted: PolicyValue) -> bool:
    return _size(wanted) < _size(found)


def _size(value: PolicyValue | None) -> float:
    if value is None or value == UNLIMITED:
        return float("inf")
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One setting of a group: its Exchange parameter, how a written value becomes the parameter's.

    `default` is what Exchange documents for both families; None where the two pages disagree or one is silent: there
    the definition takes no `"default"`. `dangerous` tells a change, from what Exchange has (None: not shown) to what is
    wanted, that a second person must see: it erases phones, locks them sooner, or stops their mail.
    """

    setting: str
    parameter: str
    value: Callable[[Written], PolicyValue]
    default: PolicyValue | None = None
    dangerous: Callable[[PolicyValue | None, PolicyValue], bool] = _harmless


def _as_is(value: Written) -> PolicyValue:
    return value if isinstance(value, bool) else int(value)


def _days(value: Written) -> PolicyValue:
    return timedelta(days=int(value))


def _hours(value: Written) -> PolicyValue:
    return timedelta(hours=int(value))


def _minutes(value: Written) -> PolicyValue:
    return timedelta(minutes=int(value))


def _is_strong(value: Written) -> PolicyValue:
    return value == "strong"


#: Of devices that cannot enforce the policy the two families' pages name different defaults.
GENERAL: tuple[SettingRow, ...] = (
    SettingRow(
        setting="allow_non_provisionable_devices",
        parameter="AllowNonProvisionableDevices",
        value=_as_is,
        dangerous=_turns_off,
    ),
    SettingRow(
        setting="refresh_interval_hours", parameter="DevicePolicyRefreshInterval", value=_hours, default=UNLIMITED
    ),
)

#: Defaults: the newer family's page, where the older one does not contradict it.
PASSWORD: tuple[SettingRow, ...] = (
    SettingRow(setting="password_enabled", parameter="PasswordEnabled", value=_as_is, default=False),
    SettingRow(setting="minimum_password_length", parameter="MinPasswordLength", value=_as_is),
    SettingRow(setting="password_expiration_days", parameter="PasswordExpiration", value=_days, default=UNLIMITED),
    SettingRow(setting="password_history", parameter="PasswordHistory", value=_as_is, default=0),
    SettingRow(
        setting="wipe_after_failed_attempts",
        parameter="MaxPasswordFailedAttempts",
        value=_as_is,
        dangerous=_becomes_smaller,
    ),
    SettingRow(
        setting="maximum_idle_time_minutes",
        parameter="MaxInactivityTimeLock",
        value=_minutes,
        dangerous=_becomes_smaller,
    ),
    SettingRow(
        setting="password_complexity", parameter="AlphanumericPasswordRequired", value=_is_strong, default=False
    ),
    SettingRow(setting="minimum_complex_characters", parameter="MinPasswordComplexCharacters", value=_as_is, default=1),
    SettingRow(setting="allow_simple_password", parameter="AllowSimplePassword", value=_as_is, default=True),
    SettingRow(setting="password_recovery", parameter="PasswordRecoveryEnabled", value=_as_is, default=False),
)

#: Which rows make up each group, by the group's name in `[policy.<group>]`.
GROUPS: Mapping[str, tuple[SettingRow, ...]] = {"general": GENERAL, "password": PASSWORD}
_ROW_OF = {row.parameter: row for rows in GROUPS.values() for row in rows}


def group_parameters(group: str) -> tuple[str, ...]:
    """Every Exchange parameter of a group: all are guarded once one setting of the group is set."""
    return tuple(row.parameter for row in GROUPS[group])


def guarded_parameters(definition: ConnectorDefinition) -> tuple[str, ...]:
    """The Exchange parameters of every group that a definition puts under guard."""
    return tuple(parameter for group in definition.policy.groups() for parameter in group_parameters(group))


def configured_parameters(group: str, settings: SettingsGroup) -> dict[str, PolicyValue]:
    """The parameters that a group writes, by canonical name; unset settings are absent."""
    wanted: dict[str, PolicyValue] = {}
    for row in GROUPS[group]:
        written = getattr(settings, row.setting)
        if written is not None:
            wanted[row.parameter] = _value(row, written)
    return wanted


def is_dangerous(parameter: str, found: PolicyValue | None, wanted: PolicyValue) -> bool:
    """Whether a second person must see this change of a parameter; of a parameter without a row nobody knows."""
    row = _ROW_OF.get(parameter)
    return row is None or row.dangerous(found, wanted)


def _value(row: SettingRow, written: Written) -> PolicyValue:
    if written == "unlimited":
        return UNLIMITED
    if written == "default" and row.default is not None:
        return row.default
    return row.value(written)


def wire_form(value: PolicyValue) -> bool | int | str:
    """The value as it is sent to Exchange: time spans as `d.hh:mm:ss`, or `hh:mm:ss` below a day."""
    if not isinstance(value, timedelta):
        return value
    hours, rest = divmod(value.seconds, 3600)
    clock = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{value.days}.{clock}" if value.days else clock
