"""PowerShell for review: the least rights of each account, as roles and role groups of Exchange; and the way back.

The scripts run in the Exchange Management Shell of an administrator. What they grant is what the preflight asks for, no
more; from which built-in role it is taken they find out there. The same input always gives the same text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from exconn.contracts.roles import ACCOUNT_ROLES, AccountRole
from exconn.exchange.cmdlets.dialect import successor_parameter
from exconn.exchange.rights.exposed import Requirement, family
from exconn.exchange.rights.powershell import NEWLINE_FREE, quoted
from exconn.exchange.rights.preflight import requirements_of
from exconn.exchange.rights.role_script_text import Need, assigned, assigned_needs, fixed, top, top_of_protection

#: So much of a connector's name that every name made of it stays within Exchange's 64 characters.
_CONNECTOR = 32
#: What changes a mailbox or a device: from whom these are kept, nobody is wiped or blocked by.
_CHANGING = ("Set-CASMailbox", "Clear-ActiveSyncDevice", "Clear-MobileDevice")


@dataclass(frozen=True, kw_only=True)
class RoleScriptPlan:
    """What the scripts are made for.

    `accounts` names the Exchange account of discovery, policy and actions; `settings` the policy parameters that are
    written, by their newer names. `protected` is the distinguished name of a group whose direct members no account of
    exconn may change.
    """

    connector: str
    accounts: Mapping[AccountRole, str]
    settings: tuple[str, ...] = ()
    protected: str = ""


def write_scripts(plan: RoleScriptPlan) -> dict[str, str]:
    """File name -> text. Raises ValueError for a name that holds a line break or another control character."""
    for value in (plan.connector, plan.protected, *plan.accounts.values()):
        if not NEWLINE_FREE.fullmatch(value):
            raise ValueError(f"{value!r} holds a control character; correct the name")
    scripts: dict[str, str] = {}
    for role in (role for role in ACCOUNT_ROLES if role in plan.accounts):
        needs = requirements_of(role, settings=plan.settings)
        if role != "actions":
            scripts[f"exconn-{role}.ps1"] = _granting(plan, role, role, needs)
            continue
        looks = tuple(each for each in needs if _is_look(each))
        changes = tuple(each for each in needs if not _is_look(each))
        scripts["exconn-actions.ps1"] = _granting(plan, role, "actions", looks)
        scripts["exconn-actions-armed.ps1"] = _granting(plan, role, "actions armed", changes)
        scripts["exconn-actions-disarmed.ps1"] = _disarming(plan)
    if plan.protected:
        scripts["exconn-protected.ps1"] = _protecting(plan)
    scripts["exconn-undo.ps1"] = _undoing(plan)
    return scripts


def _is_look(requirement: Requirement) -> bool:
    return requirement.cmdlet.startswith("Get-") or requirement.cmdlet == "Set-ADServerSettings"


def _names(plan: RoleScriptPlan, what: str) -> str:
    return f"exconn {plan.connector[:_CONNECTOR]} {what}"


def _need(requirement: Requirement) -> Need:
    """Parameters by the names of both families."""
    older, *newer = family(requirement.cmdlet)
    renamed = {name: [successor_parameter(older, each) for each in requirement.parameters] for name in newer}
    return {older: requirement.parameters} | renamed


def _granting(plan: RoleScriptPlan, role: AccountRole, what: str, needs: tuple[Requirement, ...]) -> str:
    names = [
        assigned("account", plan.accounts[role]),
        "# The universal security group of the account, and the role group of which it becomes the member.",
        assigned("accounts", _names(plan, f"{role} accounts")),
        assigned("group", _names(plan, what)),
    ]
    parts = (top(plan.connector, what), "\n".join(names), assigned_needs([_need(each) for each in needs]))
    return _joined(*parts, fixed("parents"), fixed("grant"))


def _disarming(plan: RoleScriptPlan) -> str:
    removal = f"Remove-MadeGroup {quoted(_names(plan, 'actions armed'))}"
    return _joined(top(plan.connector, "disarmed"), fixed("take_back"), removal)


def _protecting(plan: RoleScriptPlan) -> str:
    data = [
        assigned("scope", _names(plan, "protected")),
        assigned("filter", f"MemberOfGroup -eq {quoted(plan.protected)}"),
        "$changing = @(" + ", ".join(quoted(name) for name in _CHANGING) + ")",
    ]
    head = top_of_protection(plan.connector, plan.protected)
    return _joined(head, "\n".join(data), fixed("parents"), fixed("protect"))


def _undoing(plan: RoleScriptPlan) -> str:
    """Last made, first removed: the name of the armed group begins with that of the other."""
    lines = []
    for role in reversed([role for role in ACCOUNT_ROLES if role in plan.accounts]):
        made = ["actions armed", "actions"] if role == "actions" else [role]
        lines += [f"Remove-MadeGroup {quoted(_names(plan, what))}" for what in made]
        lines.append(f"Remove-AccountGroup {quoted(_names(plan, f'{role} accounts'))}")
    if plan.protected:
        lines.append(f"Remove-Scope {quoted(_names(plan, 'protected'))}")
    return _joined(top(plan.connector, "undo"), fixed("take_back"), "\n".join(lines))


def _joined(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"
