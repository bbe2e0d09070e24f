"""Get-, Clear- and Remove- of partnerships, in both families."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.filters import read_filter
from exconn.simulator.cmdlets.old_objects import warn_of
from exconn.simulator.cmdlets.scope import only_domain, sees
from exconn.simulator.organization.access import Access
from exconn.simulator.organization.directory import OwnerKind, Partnership, PendingWipe
from exconn.simulator.organization.organization import Organization
from exconn.simulator.phones.admission import access_of as access_in
from exconn.simulator.phones.admission import changes_by_orders_only
from exconn.simulator.phones.beliefs import RequestTime
from exconn.simulator.phones.handsets import is_outlook
from exconn.simulator.shapes.device import MOBILE_OPERATOR, OS_LANGUAGE, device_text
from exconn.simulator.shapes.identity import NAMES
from exconn.simulator.shapes.statistics import Contact, statistics_text

_CLIENT_SWITCHES = {
    "ActiveSync": ("EAS",),
    "OWAforDevices": ("MOWA",),
    "RestApi": ("REST",),
    "UniversalOutlook": ("UniversalOutlook",),
}


def get_devices(call: Call) -> Iterator[str]:
    """Get-MobileDevice, Get-ActiveSyncDevice."""
    yield from call.limited(_shown(call, number) for number in _selected(call))


def _shown(call: Call, number: int) -> str:
    if call.organization.estate.is_old:
        warn_of(call, number, call.organization.device(number).identity)
    return call.organization.shown.get((number, call.mobile, NAMES.get()), partial(_device_text, call, number))


def _device_text(call: Call, number: int) -> tuple[str, bool]:
    """A device as it is shown, and whether only a change can make it look different."""
    device = call.organization.device(number)
    text = device_text(device, access_of(call, device), mobile=call.mobile)
    return text, changes_by_orders_only(call.world, device)


def _selected(call: Call) -> Iterator[int]:
    organization = call.organization
    matches = read_filter(call)
    wanted = [t for switch, types in _CLIENT_SWITCHES.items() if call.get(switch) for t in types]
    if not call.mobile:
        wanted = ["EAS"]
    for number in _numbers(call):
        if wanted and organization.model_of(number).client_type not in wanted:
            continue
        if matches is None or matches(_filterable(call, organization.device(number))):
            yield number


def _filterable(call: Call, device: Partnership) -> dict[str, object]:
    access = access_of(call, device)
    model = device.model
    return {
        "clienttype": model.client_type,
        "deviceaccesscontrolrule": access.rule,
        "deviceaccessstate": access.state,
        "deviceaccessstatereason": access.reason,
        "deviceactivesyncversion": model.client_version,
        "deviceid": device.device_id if device.shows_id else None,
        "deviceimei": device.imei,
        "devicemobileoperator": MOBILE_OPERATOR if device.imei else None,
        "devicemodel": model.model,
        "deviceos": model.os,
        "deviceoslanguage": OS_LANGUAGE,
        "devicetelephonenumber": device.phone_number,
        "devicetype": model.type,
        "deviceuseragent": model.user_agent,
        "firstsynctime": device.first_sync,
        "friendlyname": device.given_name or model.friendly_name,
        "provisioningflags": 0,
        "userdisplayname": device.owner.canonical,
    }


def _numbers(call: Call) -> Iterable[int]:
    if (mailbox := call.get("Mailbox")) is not None:
        return _of_mailbox(call, mailbox)
    # $null as Identity means: no identity, so everything.
    if (identity := call.get("Identity")) is not None:
        number = find(call, identity)
        return [] if number is None else [number]
    organization = call.organization
    if only_domain(call) is None:
        return organization.numbers()
    return (number for number in organization.numbers() if sees(call, organization.owner_of(number)))


def _of_mailbox(call: Call, mailbox: str) -> list[int]:
    owner = call.organization.find_owner(mailbox)
    if owner is None or not sees(call, owner):
        call.not_found(mailbox)
        return []
    return call.organization.devices_of(owner)


def find(call: Call, identity: str) -> int | None:
    """The device with that identity, noted for the oracle; reports when there is none."""
    number = call.organization.find_device(identity)
    if number is None or not sees(call, call.organization.owner_of(number)):
        call.not_found(identity)
        return None
    call.device_guid = call.organization.guid(number)
    return number


def access_of(call: Call, device: Partnership) -> Access:
    """The access decision for a device."""
    return access_in(call.world, device)


def get_statistics(call: Call) -> Iterator[str]:
    """Get-MobileDeviceStatistics, Get-ActiveSyncDeviceStatistics."""
    for number in _numbers(call):
        device = call.organization.device(number)
        if call.organization.mailbox(device.owner.number).kind is OwnerKind.SOFT_DELETED:
            # The object is in the directory still; what statistics show was in the mailbox.
            call.not_found(device.owner.canonical)
            continue
        yield statistics_text(device, _contact(call, device))


def _contact(call: Call, device: Partnership) -> Contact:
    change = call.organization.change_of(device.number)
    policy = call.organization.policy_of(device.owner.number)
    return Contact(
        last=call.world.phones.last_contact(device.number),
        wipe=change.wipe,
        account_only=change.account_only,
        access=access_of(call, device),
        policy="" if policy is None else policy.name,
        wiped=change.wiped,
    )


def clear_device(call: Call) -> Iterator[str]:
    """Clear-MobileDevice, Clear-ActiveSyncDevice: ask the phone to erase itself, or take that back."""
    number = find(call, call.parameters["Identity"])
    if number is None:
        return
    organization = call.organization
    with organization.lock:
        if organization.is_removed(number):
            call.not_found(call.parameters["Identity"])
            return
        if call.get("AccountOnly"):
            _clear_account_only(call, number)
            return
        wiped = _associated(organization, number)
        for each in wiped:
            _set_wipe(call, organization.change(each).wipe)
    for each in wiped:
        call.world.phones.expect(each)
    yield from ()


def _associated(organization: Organization, number: int) -> list[int]:
    """The device itself; for Outlook, which has one association for all devices of its user, each of them."""
    if not is_outlook(organization.model_of(number)):
        return [number]
    others = organization.devices_of(organization.owner_of(number))
    return [n for n in others if is_outlook(organization.model_of(n))]


def _clear_account_only(call: Call, number: int) -> None:
    model = call.organization.device(number).model
    if model.client_type != "EAS" or is_outlook(model):
        # Documented in "Perform a remote wipe on a mobile phone": the switch has no effect on Outlook.
        return
    if float(model.client_version) < 16.1:
        call.error(failures.account_only_unsupported(call.cmdlet))
        return
    _set_wipe(call, call.organization.change(number).account_only)
    call.world.phones.expect(number)


def _set_wipe(call: Call, wipe: PendingWipe) -> None:
    beliefs = call.world.phones.beliefs
    if call.get("Cancel"):
        if wipe.pending and beliefs.cancel_keeps_request_time:
            wipe.cancelled = True
        elif wipe.pending:
            wipe.requested = wipe.sent = wipe.requestor = None
        return
    if wipe.pending and beliefs.request_time is RequestTime.KEPT_WHILE_PENDING:
        return
    now = datetime.now(UTC)
    wipe.requested = now.replace(microsecond=0) if beliefs.request_time is RequestTime.WHOLE_SECONDS else now
    wipe.requestor, wipe.cancelled = call.account.username, False
    if not beliefs.acknowledgement_kept:
        wipe.sent = wipe.acknowledged = None


def remove_device(call: Call) -> Iterator[str]:
    """Remove-MobileDevice, Remove-ActiveSyncDevice: delete the partnership, and with it a waiting wipe."""
    number = find(call, call.parameters["Identity"])
    if number is not None:
        call.organization.remove_device(number)
    yield from ()
