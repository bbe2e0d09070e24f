"""Owners: Get-CASMailbox, Get-Mailbox, Get-User, Get-Recipient, and Set-CASMailbox."""

from collections.abc import Callable, Iterable, Iterator

from exconn.simulator.access import allowed_ids, blocked_ids
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.filters import read_filter
from exconn.simulator.cmdlets.lists import edited
from exconn.simulator.cmdlets.policies import find_policy
from exconn.simulator.directory import MailboxPolicy
from exconn.simulator.numbers import Kind
from exconn.simulator.organization import Organization
from exconn.simulator.shapes.mailbox import Owner, cas_mailbox_text, mailbox_text, recipient_text, user_text

Shape = Callable[[Owner], str]


def _get(shape: Shape) -> Callable[[Call], Iterator[str]]:
    def get(call: Call) -> Iterator[str]:
        yield from call.limited(shape(owner) for owner in _selected(call))

    return get


get_cas_mailboxes = _get(cas_mailbox_text)
get_mailboxes = _get(mailbox_text)
get_users = _get(user_text)
get_recipients = _get(recipient_text)


def _selected(call: Call) -> Iterator[Owner]:
    matches = read_filter(call)
    anr = str(call.get("Anr") or "").lower()
    for number in _numbers(call):
        owner = describe(call.organization, number)
        if anr and anr not in owner.person.name.lower() and not owner.person.alias.startswith(anr):
            continue
        if matches is None or matches(_filterable(owner)):
            yield owner


def _filterable(owner: Owner) -> dict[str, object]:
    return {
        "hasactivesyncdevicepartnership": owner.has_partnership,
        "activesyncenabled": owner.active_sync,
        "alias": owner.person.alias,
        "displayname": owner.person.name,
        "name": owner.person.name,
        "primarysmtpaddress": owner.person.address,
        "userprincipalname": owner.person.address,
        "distinguishedname": owner.person.dn,
    }


def _numbers(call: Call) -> Iterable[int]:
    if (identity := call.get("Identity")) is None:
        return range(call.organization.owners)
    number = call.organization.find_owner(identity)
    if number is None:
        call.not_found(identity)
        return []
    return [number]


def describe(organization: Organization, number: int) -> Owner:
    """Everything about one owner that the recipient cmdlets show."""
    mailbox = organization.mailbox(number)
    devices = [organization.device(n) for n in organization.devices_of(number)]
    policy = organization.policy_of(number)
    return Owner(
        person=organization.owner(number),
        guid=organization.dice.guid(Kind.OWNER, number),
        mailbox_guid=organization.dice.guid(Kind.MAILBOX, number),
        created=organization.started,
        policy_name="" if policy is None else policy.name,
        policy_guid=organization.dice.guid(Kind.POLICY, 0 if policy is None else policy.number),
        policy_is_default=mailbox.policy is None,
        active_sync=mailbox.active_sync,
        allowed=_personal(mailbox.allowed, (i for d in devices for i in allowed_ids(d, mailbox))),
        blocked=_personal(mailbox.blocked, (i for d in devices for i in blocked_ids(d, mailbox))),
        has_partnership=bool(devices),
    )


def _personal(stored: list[str] | None, at_the_start: Iterable[str]) -> list[str]:
    return list(at_the_start) if stored is None else stored


def set_cas_mailbox(call: Call) -> Iterator[str]:
    """Set-CASMailbox: both personal lists, the policy, and whether ActiveSync is on."""
    organization = call.organization
    with organization.lock:
        number = organization.find_owner(call.parameters["Identity"])
        if number is None:
            call.not_found(call.parameters["Identity"])
            return
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
        _switch_active_sync(call, number, on=call.get("ActiveSyncEnabled"))
    if "ActiveSyncMailboxPolicy" in call.parameters and not call.failed:
        mailbox.policy = None if policy is None else policy.number


def _switch_active_sync(call: Call, number: int, *, on: bool) -> None:
    """A mailbox without ActiveSync refuses its phones, which shows as phones that do not come by."""
    mailbox = call.organization.change_mailbox(number)
    if mailbox.active_sync == on:
        return
    mailbox.active_sync = on
    for device in call.organization.devices_of(number):
        if on:
            call.world.phones.go_online(device)
        else:
            call.world.phones.go_offline(device)


def _wanted_policy(call: Call) -> MailboxPolicy | None:
    """The policy that is named; $null returns the mailbox to the default."""
    name = call.get("ActiveSyncMailboxPolicy")
    if name is None:
        return None
    policy = find_policy(call.organization, name)
    if policy is None:
        call.not_found(name)
    return policy
