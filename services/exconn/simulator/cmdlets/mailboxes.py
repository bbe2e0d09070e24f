"""Owners: Get-CASMailbox, Get-Mailbox, Get-User, Get-Recipient, and Set-CASMailbox."""

from collections.abc import Callable, Iterable, Iterator

from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.filters import read_filter
from exconn.simulator.cmdlets.lists import edited
from exconn.simulator.cmdlets.old_objects import warn_of
from exconn.simulator.cmdlets.policies import find_policy
from exconn.simulator.cmdlets.scope import only_domain, sees
from exconn.simulator.organization.administration import set_active_sync
from exconn.simulator.organization.directory import OwnerKind, PolicyObject
from exconn.simulator.organization.numbers import NumberKind
from exconn.simulator.organization.organization import Organization
from exconn.simulator.shapes.identity import ANSWERING
from exconn.simulator.shapes.mailbox import Owner, cas_mailbox_text, mailbox_text, recipient_text, user_text
from exconn.simulator.shapes.policy import shown_policy_dn

Shape = Callable[[Owner], str]
Shown = Callable[[Call, Owner], bool]


def _get(shape: Shape, shown: Shown) -> Callable[[Call], Iterator[str]]:
    def get(call: Call) -> Iterator[str]:
        yield from call.limited(_shaped(call, shape, owner) for owner in _selected(call, shown))

    return get


def _shaped(call: Call, shape: Shape, owner: Owner) -> str:
    warn_of(call, owner.person.number, owner.person.canonical)
    if call.get("ReadFromDomainController"):
        # Not by the catalog, but by a domain controller that holds the object.
        ANSWERING.set(owner.person.domain.controllers[0])
    return shape(owner)


def _has_mailbox(_call: Call, owner: Owner) -> bool:
    return owner.kind is not OwnerKind.SOFT_DELETED


def _is_listed_mailbox(call: Call, owner: Owner) -> bool:
    """Health mailboxes show only, and alone, where they are asked for."""
    wanted = call.get("RecipientTypeDetails")
    return (
        _has_mailbox(call, owner)
        and owner.person.is_health == bool(call.get("Monitoring"))
        and (not wanted or owner.type_details.lower() in {str(w).lower() for w in wanted})
        and str(call.get("Database") or owner.database).lower() == owner.database.lower()
    )


def _is_user(_call: Call, _owner: Owner) -> bool:
    """The user object outlives its mailbox."""
    return True


get_cas_mailboxes = _get(cas_mailbox_text, _has_mailbox)
get_mailboxes = _get(mailbox_text, _is_listed_mailbox)
get_users = _get(user_text, _is_user)
get_recipients = _get(recipient_text, _is_listed_mailbox)


def _selected(call: Call, shown: Shown) -> Iterator[Owner]:
    matches = read_filter(call)
    anr = str(call.get("Anr") or "").lower()
    for number in _numbers(call):
        owner = describe(call.organization, number)
        if not shown(call, owner):
            if call.get("Identity") is not None:
                call.not_found(call.get("Identity"))
            continue
        if anr and anr not in owner.person.name.lower() and not owner.person.alias.startswith(anr):
            continue
        if matches is None or matches(_filterable(owner)):
            yield owner


def _filterable(owner: Owner) -> dict[str, object]:
    return {
        "activesyncalloweddeviceids": owner.allowed,
        "activesyncblockeddeviceids": owner.blocked,
        "activesyncenabled": owner.active_sync,
        # Documented: blank for a mailbox that has the default policy.
        "activesyncmailboxpolicy": None if owner.policy_is_default else shown_policy_dn(owner.policy_name),
        "alias": owner.person.alias,
        "displayname": owner.person.name,
        "distinguishedname": owner.person.dn,
        "emailaddresses": [owner.person.address],
        "exchangeguid": owner.mailbox_guid,
        "guid": owner.guid,
        "hasactivesyncdevicepartnership": owner.has_partnership,
        "id": owner.person.canonical,
        "name": owner.person.name,
        "primarysmtpaddress": owner.person.address,
        "recipienttypedetails": owner.type_details,
        "samaccountname": owner.person.alias[:20],
        "userprincipalname": owner.person.address,
        "whenchanged": owner.created,
        "whencreated": owner.created,
    }


def _numbers(call: Call) -> Iterable[int]:
    if (identity := call.get("Identity")) is None:
        numbers = call.organization.owner_numbers()
        return numbers if only_domain(call) is None else (number for number in numbers if sees(call, number))
    number = _find(call, identity)
    return [] if number is None else [number]


def _find(call: Call, identity: str) -> int | None:
    """The owner of that name, as far as the call sees; reports when there is none."""
    number = call.organization.find_owner(identity)
    if number is None or not sees(call, number):
        call.not_found(identity)
        return None
    return number


def describe(organization: Organization, number: int) -> Owner:
    """Everything about one owner that the recipient cmdlets show."""
    mailbox = organization.mailbox(number)
    allowed, blocked = organization.personal_lists(number)
    policy = organization.policy_of(number)
    return Owner(
        person=organization.owner(number),
        guid=organization.owner_guid(number, NumberKind.OWNER),
        mailbox_guid=organization.owner_guid(number, NumberKind.MAILBOX),
        created=organization.started,
        policy_name="" if policy is None else policy.name,
        policy_guid=organization.dice.guid(NumberKind.POLICY, 0 if policy is None else policy.number),
        policy_is_default=mailbox.policy is None,
        active_sync=mailbox.active_sync,
        allowed=allowed,
        blocked=blocked,
        has_partnership=bool(organization.devices_of(number))
        if mailbox.partnership_flag is None
        else mailbox.partnership_flag,
        kind=mailbox.kind,
        database=mailbox.database,
    )


def set_cas_mailbox(call: Call) -> Iterator[str]:
    """Set-CASMailbox: both personal lists, the policy, and whether ActiveSync is on."""
    organization = call.organization
    with organization.lock:
        number = _find(call, call.parameters["Identity"])
        if number is not None:
            _store(call, number)
    yield from ()


def _store(call: Call, number: int) -> None:
    before = describe(call.organization, number)
    policy = _wanted_policy(call)
    mailbox = call.organization.change_mailbox(number)
    if "ActiveSyncAllowedDeviceIDs" in call.parameters:
        mailbox.allowed = edited(before.allowed, call.get("ActiveSyncAllowedDeviceIDs"))
    if "ActiveSyncBlockedDeviceIDs" in call.parameters:
        mailbox.blocked = edited(before.blocked, call.get("ActiveSyncBlockedDeviceIDs"))
    if call.get("ActiveSyncEnabled") is not None:
        set_active_sync(call.world, number, on=call.get("ActiveSyncEnabled"))
    if "ActiveSyncMailboxPolicy" in call.parameters and not call.failed:
        mailbox.policy = None if policy is None else policy.number


def _wanted_policy(call: Call) -> PolicyObject | None:
    """The policy that is named; $null returns the mailbox to the default."""
    name = call.get("ActiveSyncMailboxPolicy")
    if name is None:
        return None
    policy = find_policy(call.organization, name)
    if policy is None:
        call.not_found(name)
    return policy
