"""The role scripts: well-formed, the same for the same input, exactly the rights that are asked for, and safe names."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.contracts import AccountRole
from exconn.exchange.cmdlets.table import table
from exconn.exchange.rights.exposed import family
from exconn.exchange.rights.forbidden import BY_ROLE, EVERYBODY
from exconn.exchange.rights.preflight import requirements_of
from exconn.exchange.rights.role_scripts import RoleScriptPlan, write_scripts
from tests.support.exchange import powershell

GOLDEN = Path(__file__).parent / "role_scripts"
ACCOUNTS: dict[AccountRole, str] = {
    "discovery": "CONTOSO\\exconn-discovery$",
    "policy": "exconn-policy@contoso.example",
    "actions": "CONTOSO\\exconn-actions",
}
BOARD = "CN=Board,OU=O'Neill,DC=contoso,DC=example"
SETTINGS = ("PasswordEnabled", "MaxInactivityTimeLock")
PLAN = RoleScriptPlan(connector="contoso", accounts=ACCOUNTS, settings=SETTINGS, protected=BOARD)
FILES: dict[AccountRole, tuple[str, ...]] = {
    "discovery": ("exconn-discovery.ps1",),
    "policy": ("exconn-policy.ps1",),
    "actions": ("exconn-actions.ps1", "exconn-actions-armed.ps1"),
}
#: What the scripts run that is no function of theirs: cmdlets that Microsoft documents, with the parameters used here.
DOCUMENTED = {
    "Add-ManagementRoleEntry": {"Parameters"},
    "Add-RoleGroupMember": {"Member"},
    "Get-DistributionGroup": set[str](),
    "Get-ManagementRole": set(),
    "Get-ManagementRoleAssignment": {"ExclusiveRecipientWriteScope", "RoleAssignee"},
    "Get-ManagementRoleEntry": set(),
    "Get-ManagementScope": set(),
    "Get-RoleGroup": set(),
    "Get-RoleGroupMember": set(),
    "Get-User": set(),
    "New-DistributionGroup": {"MemberDepartRestriction", "MemberJoinRestriction", "Name", "Type"},
    "New-ManagementRole": {"Name", "Parent"},
    "New-ManagementRoleAssignment": {"ExclusiveRecipientWriteScope", "Role", "SecurityGroup"},
    "New-ManagementScope": {"Exclusive", "Name", "RecipientRestrictionFilter"},
    "New-RoleGroup": {"Members", "Name", "Roles"},
    "Remove-DistributionGroup": set(),
    "Remove-ManagementRole": set(),
    "Remove-ManagementRoleAssignment": {"Confirm"},
    "Remove-ManagementRoleEntry": {"Confirm"},
    "Remove-ManagementScope": set(),
    "Remove-RoleGroup": set(),
    "Set-DistributionGroup": {"HiddenFromAddressListsEnabled"},
    "Set-ManagementRoleEntry": {"Parameters"},
    "Set-ManagementScope": {"RecipientRestrictionFilter"},
    "Set-User": {"RemotePowerShellEnabled"},
    "ForEach-Object": set(),
    "New-Object": set(),
    "Out-Null": set(),
    "Sort-Object": {"Unique"},
    "Where-Object": set(),
    "Write-Host": set(),
}


def rights(role: AccountRole) -> dict[str, set[str]]:
    """What the scripts of a role grant: cmdlet -> parameters."""
    scripts = write_scripts(PLAN)
    return {name: found for file in FILES[role] for name, found in powershell.needs(scripts[file]).items()}


def test_the_scripts_are_the_reviewed_ones() -> None:
    assert write_scripts(PLAN) == {path.name: path.read_text("utf-8") for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("file", write_scripts(PLAN))
def test_every_script_is_well_formed_and_runs_only_documented_cmdlets(file: str) -> None:
    text = write_scripts(PLAN)[file]

    assert powershell.faults(text) == []
    own = powershell.functions(text)
    for name, parameters in powershell.commands(text):
        assert name in own or set(parameters) - {"ErrorAction"} <= DOCUMENTED[name], name


def test_a_slip_in_a_script_is_seen() -> None:
    assert powershell.faults("foreach ($a in $b { $a }") != []


@pytest.mark.parametrize("role", FILES)
def test_each_account_gets_what_its_preflight_asks_for_in_both_families_and_nothing_else(role: AccountRole) -> None:
    granted = rights(role)
    asked = requirements_of(role, settings=SETTINGS)

    assert set(granted) == {name for each in asked for name in family(each.cmdlet)}
    for each in asked:
        older, *newer = family(each.cmdlet)
        assert granted[older] == set(each.parameters)
        for name in newer:
            assert len(granted[name]) == len(each.parameters)
            assert granted[name] <= table()[name].parameters.keys()


def test_no_account_gets_what_is_forbidden_to_it() -> None:
    for role in FILES:
        granted = rights(role)
        for row in (*EVERYBODY, *BY_ROLE[role]):
            for name in set(family(row.cmdlet)) & granted.keys():
                assert row.parameters, f"{name} for {role}"
                assert not set(row.parameters) & granted[name], f"{name} for {role}"


def test_nobody_can_wipe_before_the_armed_script_was_run() -> None:
    scripts = write_scripts(PLAN)

    changing = {name for name in powershell.needs(scripts["exconn-actions.ps1"]) if not name.startswith("Get-")}
    assert changing == {"Set-ADServerSettings"}
    granted = {file: powershell.needs(text) for file, text in scripts.items()}
    assert [file for file, each in granted.items() if "Clear-MobileDevice" in each] == ["exconn-actions-armed.ps1"]


def test_the_account_goes_into_a_security_group_that_becomes_the_member() -> None:
    for file in ("exconn-actions.ps1", "exconn-actions-armed.ps1"):
        text = write_scripts(PLAN)[file]
        assert "$accounts = 'exconn contoso actions accounts'" in text
        assert "New-RoleGroup -Name $group -Roles $Roles -Members $accounts" in text
        assert "-Members $account " not in text


def test_no_parent_role_is_named_beforehand() -> None:
    for text in write_scripts(PLAN).values():
        assert "View-Only" not in text
        assert "'Mail Recipients'" not in text
        assert "User Options" not in text


def test_everything_that_is_made_is_taken_back() -> None:
    scripts = write_scripts(PLAN)
    undo = scripts["exconn-undo.ps1"]
    made = {name for text in scripts.values() for name in powershell.names_made(text)}

    assert len(made) == 8
    for name in made:
        assert f" '{name}'" in undo
    order = [line for line in undo.splitlines() if line.startswith("Remove-")]
    assert order.index("Remove-MadeGroup 'exconn contoso actions armed'") < order.index(
        "Remove-MadeGroup 'exconn contoso actions'"
    )


def test_names_stay_within_what_exchange_allows() -> None:
    texts = write_scripts(RoleScriptPlan(connector="a" * 63, accounts=ACCOUNTS, protected=BOARD)).values()
    names = {name for text in texts for name in powershell.names_made(text)}

    # Behind the name of a role group stand a blank and the first letters of the role that a role was made from.
    assert max(map(len, names)) + len(" ABCD") <= 64
    assert len(names) == 8


#: What PowerShell takes for a single quote, and what could end a string, a line or a comment.
NASTY = st.text(st.sampled_from("'\u2018\u2019\u201a\u201b\"`$();#{}|\\ aB§"), min_size=1, max_size=24)


def strings(script: str) -> tuple[str, list[str]]:
    """A script without its comments and literal strings, and the strings, read as PowerShell reads them."""
    quotes = "'\u2018\u2019\u201a\u201b"
    code, found, position = [], [], 0
    while position < len(script):
        letter = script[position]
        if letter == "#":
            position = script.index("\n", position)
        elif letter == '"':
            position = script.index('"', position + 1) + 1
        elif letter in quotes:
            text, position = [], position + 1
            while not (script[position] in quotes and script[position + 1] not in quotes):
                position += 1 if script[position] not in quotes else 2
                text.append(script[position - 1])
            found.append("".join(text))
            code.append("S")
            position += 1
        else:
            code.append(letter)
            position += 1
    return "".join(code), found


@pytest.mark.slow
@given(name=NASTY, group=NASTY)
def test_a_name_is_a_name_whatever_it_holds(name: str, group: str) -> None:
    plain = write_scripts(RoleScriptPlan(connector="contoso", accounts={"actions": "A"}, protected="B"))
    nasty = write_scripts(RoleScriptPlan(connector="contoso", accounts={"actions": name}, protected=group))

    for file, text in nasty.items():
        code, found = strings(text)
        assert code == strings(plain[file])[0]
        if file == "exconn-actions.ps1":
            assert found.count(name) == 1
        if file == "exconn-protected.ps1":
            (condition,) = [each for each in found if each.startswith("MemberOfGroup")]
            assert strings(condition + " ")[1] == [group]


@pytest.mark.parametrize("bad", ["a\nRemove-Mailbox b", "a\r", "a\u2028b", "a\x00", "a\x85b"])
def test_a_name_with_a_line_break_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        write_scripts(RoleScriptPlan(connector="contoso", accounts={"actions": bad}))
