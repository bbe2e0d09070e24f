"""Each setting of the table over HTTP, by both families of cmdlets: written, read back, and nothing else is changed."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from exconn.connector import GROUPS, SettingRow
from exconn.connector.settings.table import all_rows
from exconn.exchange import Session
from exconn.exchange.cmdlets.command import Command
from exconn.exchange.cmdlets.dialect import Dialect, cmdlet_for, parameter_for
from exconn.policy.default_policy import default_policy
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.policy_samples import samples
from tests.support.exchange.simulator import running_simulator

DIALECTS: Mapping[str, Dialect] = {"2010": "ActiveSync", "2019": "MobileDevice"}
#: Only a hosted Exchange has these.
ELSEWHERE = {"AllowApplePushNotifications", "AllowGooglePushNotifications", "AllowMicrosoftPushNotifications"}
ROWS = [row for _, row in all_rows() if row.parameter not in ELSEWHERE]
#: When the policy was changed is no setting of it.
CLOCKS = {"WhenChanged", "WhenChangedUTC"}


@pytest.fixture(scope="module", params=DIALECTS)
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("simulator")
    with (
        running_simulator(folder, devices=2, version=request.param) as simulator,
        Session.open(endpoint_of(simulator, "policy")) as opened,
    ):
        assert opened.dialect == DIALECTS[request.param]
        yield opened


def whole_policy(session: Session) -> dict[str, Any]:
    """Everything that Exchange shows of the default policy, as it shows it."""
    records = session.run(Command(cmdlet_for("policies", session.dialect))).records
    (shown,) = [each for each in records if each["Name"] == "Default"]
    return {name: str(value) for name, value in shown.items() if name not in CLOCKS}


def assign(session: Session, row: SettingRow, written: object) -> object:
    """Write one setting as a definition has it; what Exchange shows then, as it is compared."""
    checked = row.check(written)
    assert checked is not None
    session.set_mailbox_policy(default_policy(session.mailbox_policies()).guid, {row.parameter: row.value(checked)})
    shown = row.known(default_policy(session.mailbox_policies()).values[row.parameter])
    assert shown == row.value(checked)
    return shown


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.setting)
def test_each_value_is_read_back_as_it_was_written_and_nothing_else_changes(session: Session, row: SettingRow) -> None:
    before = whole_policy(session)

    shown = [assign(session, row, written) for written in samples(row)]

    after = whole_policy(session)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert len(set(shown)) >= 2
    assert changed <= {parameter_for(name, session.dialect) for name in (row.parameter, row.sets_also) if name}


@pytest.mark.parametrize("group", [name for name, table in GROUPS.items() if table.guards_all])
def test_a_default_that_both_families_name_is_taken(session: Session, group: str) -> None:
    for row in GROUPS[group].rows:
        if row.default is not None:
            assert assign(session, row, "default") == row.default


def test_the_policy_here_takes_every_setting_but_those_of_a_hosted_exchange(session: Session) -> None:
    assert session.writable_settings() == {row.parameter for row in ROWS}
