"""PowerShell for review: the least rights of each account, as roles and role groups of Exchange; and the way back.

The scripts run in the Exchange Management Shell of an administrator. Cmdlets and parameters are those of Microsoft's
pages (New-ManagementRole, Remove-ManagementRoleEntry, Set-ManagementRoleEntry, New-RoleGroup, New-ManagementScope,
New-ManagementRoleAssignment). The same input always gives the same text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exconn.contracts.roles import ACCOUNT_ROLES
from exconn.exchange.cmdlets.dialect import policy_settings
from exconn.exchange.cmdlets.table import table
from exconn.exchange.rights.builtin_roles import CLIENT_ACCESS, MAIL_RECIPIENTS, USER_OPTIONS, role_of
from exconn.exchange.rights.exposed import family
from exconn.exchange.rights.powershell import NEWLINE_FREE, quoted, quoted_list
from exconn.exchange.rights.preflight import REQUIREMENTS
from exconn.exchange.rights.role_script_text import HEADER, PROTECTED, UNDO, WORDS

#: Reading cmdlets keep all of their parameters but these, which read recovery passwords and send mail.
_NEVER_READ = ("GetMailboxLog", "NotificationEmailAddresses", "ShowRecoveryPassword")
#: So much of a connector's name that every name made of it stays within Exchange's 64 characters.
_CONNECTOR = 36
_ARMED, _DISARMED = "actions-armed", "actions-disarmed"
_COMMON = frozenset({"Confirm", "DomainController"})


@dataclass(frozen=True, kw_only=True)
class AccountScripts:
    """One account: the script of its rights, by the built-in roles that they are taken from."""

    name: str
    account: str
    entries: Mapping[str, Mapping[str, tuple[str, ...] | None]]


@dataclass(frozen=True, kw_only=True)
class RoleScriptPlan:
    """What the scripts are made for.

    `accounts` names the Exchange account of discovery, policy and actions. `protected` is the distinguished name of a
    group whose direct members no account of exconn may change. `older_only` leaves the MobileDevice names out, which
    Exchange 2010 does not have.
    """

    connector: str
    accounts: Mapping[str, str]
    protected: str = ""
    older_only: bool = False


def write_scripts(plan: RoleScriptPlan) -> dict[str, str]:
    """File name -> text. Raises ValueError for a name that holds a line break or another control character."""
    for value in (plan.connector, plan.protected, *plan.accounts.values()):
        if not NEWLINE_FREE.fullmatch(value):
            raise ValueError(f"{value!r} holds a control character; correct the name")
    groups: list[tuple[str, AccountScripts]] = []
    for name in ACCOUNT_ROLES:
        if (account := plan.accounts.get(name)) is not None:
            groups += _services(plan, name, account)
    scripts = {f"exconn-{file}.ps1": _script(plan, service) for file, service in groups}
    scripts |= {f"exconn-{_DISARMED}.ps1": _disarm_script(plan, s) for file, s in groups if file == _ARMED}
    if plan.protected:
        scripts["exconn-protected.ps1"] = _protected_script(plan)
    scripts["exconn-undo.ps1"] = _undo_script(plan, [service for _, service in groups])
    return scripts


def _services(plan: RoleScriptPlan, name: str, account: str) -> list[tuple[str, AccountScripts]]:
    reads = _reading(plan)
    if name == "discovery":
        return [(name, AccountScripts(name=name, account=account, entries=reads))]
    if name == "policy":
        return [(name, AccountScripts(name=name, account=account, entries=_merged(reads, _governing(plan))))]
    return [
        (name, AccountScripts(name=name, account=account, entries=reads)),
        (_ARMED, AccountScripts(name=f"{name} armed", account=account, entries=_acting(plan))),
    ]


def _names(plan: RoleScriptPlan, cmdlet: str) -> tuple[str, ...]:
    return (cmdlet,) if plan.older_only else family(cmdlet)


Entries = dict[str, dict[str, tuple[str, ...] | None]]


def _reading(plan: RoleScriptPlan) -> Entries:
    """Every look, and the setting that a session begins with."""
    found: Entries = {}
    for requirements in REQUIREMENTS.values():
        for each in requirements:
            if _is_look(each.cmdlet):
                for name in _names(plan, each.cmdlet):
                    found.setdefault(role_of(each.cmdlet), {})[name] = _kept_when_reading(name)
    return found


def _kept_when_reading(name: str) -> tuple[str, ...] | None:
    """None: all parameters."""
    known = table()[name].parameters
    if name == "Set-ADServerSettings":
        return ("ViewEntireForest",)
    if not set(_NEVER_READ) & known.keys():
        return None
    common = table()["Get-Command"].parameters.keys()
    return tuple(sorted(known.keys() - set(_NEVER_READ) - common))


def _governing(plan: RoleScriptPlan) -> Entries:
    """Policies, access rules, the organization's settings, and which policy a mailbox has."""
    found: Entries = {}
    for cmdlet in ("New-ActiveSyncMailboxPolicy", "Set-ActiveSyncMailboxPolicy"):
        for name in _names(plan, cmdlet):
            dialect = "ActiveSync" if name == cmdlet else "MobileDevice"
            settings = sorted(policy_settings(dialect).values())  # type: ignore[arg-type]
            own = ("Name",) if cmdlet.startswith("New-") else ("Identity",)
            found.setdefault(role_of(cmdlet), {})[name] = tuple(
                each for each in (*own, *settings) if each in table()[name].parameters
            )
    rules = ("AccessLevel", "Characteristic", "Identity", "QueryString")
    for name in (f"{verb}-ActiveSyncDeviceAccessRule" for verb in ("New", "Remove", "Set")):
        found.setdefault(CLIENT_ACCESS, {})[name] = tuple(each for each in rules if each in table()[name].parameters)
    organization = ("AdminMailRecipients", "DefaultAccessLevel", "Identity", "UserMailInsert")
    found[CLIENT_ACCESS]["Set-ActiveSyncOrganizationSettings"] = organization
    found[MAIL_RECIPIENTS] = {"Set-CASMailbox": ("ActiveSyncMailboxPolicy", "Identity")}
    return found


def _acting(plan: RoleScriptPlan) -> Entries:
    """What the kinds of action send beside looks. What every entry keeps (`$common` in the scripts) is left out."""
    found: Entries = {}
    for each in REQUIREMENTS["actions"]:
        if not _is_look(each.cmdlet):
            wanted = sorted(set(each.parameters) - _COMMON)
            for name in _names(plan, each.cmdlet):
                kept = tuple(parameter for parameter in wanted if parameter in table()[name].parameters)
                found.setdefault(role_of(each.cmdlet), {})[name] = kept
    return found


def _is_look(cmdlet: str) -> bool:
    return cmdlet.startswith("Get-") or cmdlet == "Set-ADServerSettings"


def _merged(*parts: Mapping[str, Mapping[str, tuple[str, ...] | None]]) -> Entries:
    found: Entries = {}
    for part in parts:
        for parent, entries in part.items():
            found.setdefault(parent, {}).update(entries)
    return found


def group_name(plan: RoleScriptPlan, service: str) -> str:
    """The role group of a service."""
    return f"exconn {plan.connector[:_CONNECTOR]} {service}"


def _role_name(plan: RoleScriptPlan, service: AccountScripts, parent: str) -> str:
    return f"{group_name(plan, service.name)} {_short(parent)}"


def _short(parent: str) -> str:
    """Two letters of a built-in role's name, which tell the roles of one account apart."""
    return "".join(word[0] for word in parent.replace("-", " ").split()).upper()


def _script(plan: RoleScriptPlan, service: AccountScripts) -> str:
    roles = [_role_name(plan, service, parent) for parent in sorted(service.entries)]
    blocks = [_role_block(plan, service, parent) for parent in sorted(service.entries)]
    checks = [
        f"Assert-Entries {quoted(parent)} {quoted_list(sorted(entries))}"
        for parent, entries in sorted(service.entries.items())
    ]
    name, members = quoted(group_name(plan, service.name)), quoted(service.account)
    group = f"New-RoleGroup -Name {name} -Members {members} -Roles {quoted_list(roles)}"
    parts = [
        _header(plan, WORDS[service.name], service.account),
        "# Nothing is made unless every entry is where it is expected.\n" + "\n".join(checks),
        *blocks,
        f"# The account gets these roles, and nothing else from this script.\n{group}",
        f"Set-User {quoted(service.account)} -RemotePowerShellEnabled $true",
    ]
    return "\n\n".join(parts) + "\n"


def _role_block(plan: RoleScriptPlan, service: AccountScripts, parent: str) -> str:
    role, entries = _role_name(plan, service, parent), service.entries[parent]
    lines = [
        f"# From the built-in role {parent}.",
        f"New-ManagementRole -Name {quoted(role)} -Parent {quoted(parent)}",
        f"Remove-OtherEntries {quoted(role)} {quoted_list(sorted(entries))}",
    ]
    limited = [(cmdlet, kept) for cmdlet, kept in sorted(entries.items()) if kept is not None]
    lines += [_limit(role, cmdlet, kept) for cmdlet, kept in limited]
    return "\n".join(lines)


def _limit(role: str, cmdlet: str, kept: Sequence[str]) -> str:
    return f"Limit-Entry {quoted(role)} {quoted(cmdlet)} {quoted_list(kept)}"


def _header(plan: RoleScriptPlan, what: str, account: str) -> str:
    versions = "Exchange 2010" if plan.older_only else "Exchange 2013, 2016, 2019 and SE"
    # A comment ends with its line, and no name in it holds a line break.
    return HEADER.format(connector=plan.connector, what=what, account=account, versions=versions)


def _protected_script(plan: RoleScriptPlan) -> str:
    condition = f"MemberOfGroup -eq {quoted(plan.protected)}"
    scope = quoted(_scope_name(plan))
    return PROTECTED.format(
        connector=plan.connector,
        group=plan.protected,
        scope=scope,
        filter=quoted(condition),
        recipients=quoted(f"{_scope_name(plan)} MR"),
        options=quoted(f"{_scope_name(plan)} UO"),
        mail_recipients=quoted(MAIL_RECIPIENTS),
        user_options=quoted(USER_OPTIONS),
    )


def _scope_name(plan: RoleScriptPlan) -> str:
    return f"exconn {plan.connector[:_CONNECTOR]} protected"


def _taking_back(plan: RoleScriptPlan, service: AccountScripts) -> str:
    group = quoted(group_name(plan, service.name))
    roles = [quoted(_role_name(plan, service, parent)) for parent in sorted(service.entries)]
    lines = [f"Get-ManagementRoleAssignment -RoleAssignee {group} | Remove-ManagementRoleAssignment"]
    return "\n".join([*lines, f"Remove-RoleGroup {group}", *(f"Remove-ManagementRole {role}" for role in roles)])


def _disarm_script(plan: RoleScriptPlan, service: AccountScripts) -> str:
    return UNDO.format(connector=plan.connector, what=WORDS["disarmed"]) + f"\n{_taking_back(plan, service)}\n"


def _undo_script(plan: RoleScriptPlan, services: Sequence[AccountScripts]) -> str:
    parts = [UNDO.format(connector=plan.connector, what=WORDS["undo"])]
    parts += [f"{_taking_back(plan, service)}\n" for service in reversed(services)]
    if plan.protected:
        scope = _scope_name(plan)
        lines = [f"Remove-ManagementRoleAssignment {quoted(f'{scope} {short}')}" for short in ("MR", "UO")]
        parts.append("\n".join([*lines, f"Remove-ManagementScope {quoted(scope)}\n"]))
    return "\n".join(parts)
