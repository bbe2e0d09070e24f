"""The role scripts: the same text for the same input, enough rights and no more, and names that stay names."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.exchange.cmdlets.dialect import policy_settings
from exconn.exchange.cmdlets.table import table
from exconn.exchange.rights.exposed import family
from exconn.exchange.rights.forbidden import BY_ROLE, EVERYBODY
from exconn.exchange.rights.preflight import RequirementGroup, requirements_of
from exconn.exchange.rights.role_scripts import RoleScriptPlan, write_scripts

GOLDEN = Path(__file__).parent / "role_scripts"
ACCOUNTS = {
    "discovery": "CONTOSO\\exconn-discovery",
    "policy": "CONTOSO\\exconn-policy",
    "actions": "CONTOSO\\exconn-actions",
}
BOARD = "CN=Board,OU=O'Neill,DC=contoso,DC=example"
NEWER = RoleScriptPlan(connector="contoso", accounts=ACCOUNTS, protected=BOARD)
OLDER = RoleScriptPlan(connector="contoso", accounts=ACCOUNTS, older_only=True)
_KEPT = re.compile(r"Remove-OtherEntries '[^']*' @\(([^)]*)\)")
_LIMITED = re.compile(r"Limit-Entry '[^']*' '([^']*)' @\(([^)]*)\)")
_WORD = re.compile(r"'([^']*)'")


def rights(script: str) -> dict[str, set[str] | None]:
    """What a script grants: cmdlet -> parameters, None for all."""
    granted: dict[str, set[str] | None] = {}
    for kept in _KEPT.finditer(script):
        granted.update(dict.fromkeys(_WORD.findall(kept[1])))
    granted.update({found[1]: set(_WORD.findall(found[2])) for found in _LIMITED.finditer(script)})
    return granted


@pytest.mark.parametrize(("folder", "plan"), [("newer", NEWER), ("older", OLDER)])
def test_the_scripts_are_the_reviewed_ones(folder: str, plan: RoleScriptPlan) -> None:
    golden = {path.name: path.read_text("utf-8") for path in (GOLDEN / folder).iterdir()}

    assert write_scripts(plan) == golden


@pytest.mark.parametrize(
    ("group", "files"),
    [
        ("discovery", ["exconn-discovery.ps1"]),
        ("policy", ["exconn-policy.ps1"]),
        ("access", ["exconn-policy.ps1"]),
        ("actions", ["exconn-actions.ps1", "exconn-actions-armed.ps1"]),
    ],
)
def test_each_account_gets_what_its_preflight_asks_for_in_both_families(
    group: RequirementGroup, files: list[str]
) -> None:
    granted = {name: found for file in files for name, found in rights(write_scripts(NEWER)[file]).items()}
    settings = [name for name in policy_settings("MobileDevice") if name in policy_settings("ActiveSync")]

    for each in requirements_of(group, settings=settings):
        for name in family(each.cmdlet):
            assert name in granted
            kept = granted[name]
            own = {p for p in each.parameters if p in table()[name].parameters} - {"Confirm", "DomainController"}
            assert kept is None or own <= kept, name


def test_no_account_gets_what_is_forbidden_to_it() -> None:
    scripts = write_scripts(NEWER)
    for role, file in (("discovery", "discovery"), ("policy", "policy"), ("actions", "actions-armed")):
        granted = rights(scripts[f"exconn-{file}.ps1"])
        for row in (*EVERYBODY, *BY_ROLE[role]):  # type: ignore[index]
            for name in set(family(row.cmdlet)) & granted.keys():
                kept = granted[name]
                assert row.parameters, f"{name} in {file}"
                assert kept is not None, f"{name} in {file}"
                assert not set(row.parameters) & kept, f"{name} in {file}"


def test_nobody_can_wipe_before_the_armed_script_was_run() -> None:
    scripts = write_scripts(NEWER)

    changing = {name for name in rights(scripts["exconn-actions.ps1"]) if not name.startswith("Get-")}
    assert changing == {"Set-ADServerSettings"}
    assert [name for name, text in scripts.items() if "Clear-" in text] == ["exconn-actions-armed.ps1"]


def test_exchange_2010_gets_no_newer_names() -> None:
    assert not [name for name, text in write_scripts(OLDER).items() if "MobileDevice" in text]


def test_everything_that_is_made_is_taken_back() -> None:
    scripts = write_scripts(NEWER)
    undo = scripts["exconn-undo.ps1"]
    made = re.compile(r"New-(ManagementRole|RoleGroup|ManagementScope|ManagementRoleAssignment) -Name ('[^']*')")

    for text in scripts.values():
        for what, name in made.findall(text):
            assert f"Remove-{what} {name}" in undo
            assert len(name) - 2 <= 64


def test_names_stay_within_what_exchange_allows() -> None:
    text = "".join(write_scripts(RoleScriptPlan(connector="a" * 63, accounts=ACCOUNTS, protected=BOARD)).values())

    names = set(re.findall(r"-Name '([^']*)'", text))
    assert max(map(len, names)) <= 64
    assert len(names) == len(re.findall(r"-Name '", text))


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


@given(name=NASTY, group=NASTY)
def test_a_name_is_a_name_whatever_it_holds(name: str, group: str) -> None:
    plain = write_scripts(RoleScriptPlan(connector="contoso", accounts={"actions": "A"}, protected="B"))
    nasty = write_scripts(RoleScriptPlan(connector="contoso", accounts={"actions": name}, protected=group))

    for file, text in nasty.items():
        code, found = strings(text)
        assert code == strings(plain[file])[0]
        if file == "exconn-actions.ps1":
            assert found.count(name) == 2
        if file == "exconn-protected.ps1":
            (condition,) = [each for each in found if each.startswith("MemberOfGroup")]
            assert strings(condition + " ")[1] == [group]


@pytest.mark.parametrize("bad", ["a\nRemove-Mailbox b", "a\r", "a\u2028b", "a\x00", "a\x85b"])
def test_a_name_with_a_line_break_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        write_scripts(RoleScriptPlan(connector="contoso", accounts={"actions": bad}))
