"""All settings: the groups, and what is looked up in their rows."""

from collections.abc import Iterator, Mapping

from exconn.connector.settings.application import APPLICATION
from exconn.connector.settings.email_management import EMAIL_MANAGEMENT
from exconn.connector.settings.extended import EXTENDED
from exconn.connector.settings.external_management import EXTERNAL_MANAGEMENT
from exconn.connector.settings.general import GENERAL
from exconn.connector.settings.password import PASSWORD
from exconn.connector.settings.row import SettingRow, SettingsTable
from exconn.connector.settings.security import SECURITY
from exconn.connector.settings.values import PolicyValue, Written, differs_by_unit

#: Tables by name: each is `[policy.<name>]`, but for the one whose settings stand in `[policy]` itself.
GROUPS: Mapping[str, SettingsTable] = {
    table.name: table
    for table in (GENERAL, PASSWORD, EMAIL_MANAGEMENT, SECURITY, APPLICATION, EXTENDED, EXTERNAL_MANAGEMENT)
}
#: Settings that are set, by group and name.
Configured = Mapping[str, Mapping[str, Written]]
_ROW_OF = {row.parameter: row for table in GROUPS.values() for row in table.rows}


def group_parameters(group: str) -> tuple[str, ...]:
    """Every Exchange parameter of a group, by its newer name."""
    return tuple(row.parameter for row in GROUPS[group].rows)


def guarded_in(group: str, settings: Mapping[str, Written]) -> tuple[str, ...]:
    """The parameters of a group that are under guard where these settings are set."""
    table = GROUPS[group]
    return tuple(row.parameter for row in table.rows if table.guards_all or row.setting in settings)


def guarded_by(configured: Configured) -> tuple[str, ...]:
    """The same of several groups."""
    return tuple(name for group, settings in configured.items() for name in guarded_in(group, settings))


def configured_parameters(group: str, settings: Mapping[str, Written]) -> dict[str, PolicyValue]:
    """The parameters that a group writes, by newer name; unset settings are absent: Exchange keeps what it has."""
    return {row.parameter: row.value(settings[row.setting]) for row in GROUPS[group].rows if row.setting in settings}


def is_dangerous(parameter: str, found: PolicyValue | None, wanted: PolicyValue) -> bool:
    """Whether a second person must see this change of a parameter; of a parameter without a row nobody knows."""
    row = _ROW_OF.get(parameter)
    return row is None or row.dangerous.judge(found, wanted)


def place_of(parameter: str) -> str:
    """Where the setting stands in `[policy]`, such as `security.camera`; empty for what is no setting."""
    for table, row in all_rows():
        if row.parameter == parameter:
            return row.setting if table is EXTERNAL_MANAGEMENT else f"{table.name}.{row.setting}"
    return ""


def rule_of(parameter: str) -> str:
    """Which change of a parameter a second person must see, and why, as people read it."""
    row = _ROW_OF.get(parameter)
    return row.dangerous.says if row is not None else "nothing is known of this parameter"


def also_set_by(parameter: str, wanted: PolicyValue) -> str:
    """What Exchange sets true by itself when this is written; empty where it sets nothing else."""
    row = _ROW_OF.get(parameter)
    return row.sets_also if row is not None and wanted is True else ""


def in_other_unit(parameter: str, found: PolicyValue | None, wanted: PolicyValue) -> bool:
    """Whether Exchange shows a size that travels without its unit in another unit than it was given."""
    row = _ROW_OF.get(parameter)
    return row is not None and row.bare_size and differs_by_unit(found, wanted)


def all_rows() -> Iterator[tuple[SettingsTable, SettingRow]]:
    """Every row, with its group."""
    for table in GROUPS.values():
        for row in table.rows:
            yield table, row
