"""One look at a device in Exchange: its partnership, its mailbox, its statistics."""

from dataclasses import dataclass, replace

from exconn.actions.absence import NotShownError
from exconn.contracts import ClientClass, Fingerprint, client_class, digest_of
from exconn.exchange import (
    Device,
    DeviceStatistics,
    Gaps,
    MailboxOwner,
    Malformed,
    ObjectNotFound,
    RefusedByExchange,
    Session,
    Transient,
    asked_at,
    holder,
)


class NoStatisticsError(Exception):
    """Exchange shows the device, but not its statistics: nothing can be said of what is pending or was acknowledged."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look found; `identity` is what cmdlets of this session take for the device."""

    device: Device
    statistics: DeviceStatistics
    fingerprint: Fingerprint
    identity: str
    #: The owner's, where a mailbox is shown.
    address: str = ""


def look_at(session: Session, guid: str, controller: str = "", *, controller_is_lost: bool = False) -> Look:
    """The device with that GUID, as `find_device` finds it.

    Raises NotShownError, NoStatisticsError and the other errors of the client.
    """
    device = find_device(session, guid, controller, controller_is_lost=controller_is_lost)
    statistics = statistics_of(session, device)
    owner = _owner(session, device)
    fingerprint = Fingerprint(
        guid=device.guid,
        device=digest_of(device.device_id),
        mailbox=owner.guid if owner else "",
        created=device.created,
        first_sync=device.first_sync,
        last_acknowledged=statistics.wipe.acknowledged,
    )
    return Look(
        device=device,
        statistics=statistics,
        fingerprint=fingerprint,
        identity=identity_of(session, device),
        address=owner.primary_address if owner else "",
    )


def find_device(
    session: Session, guid: str, controller: str = "", gaps: Gaps | None = None, *, controller_is_lost: bool = False
) -> Device:
    """The device with that GUID, from `controller` first, where one is named, then from any.

    One domain controller is not believed that an object is missing, nor that it is gone itself. One that could not
    answer just now is waited for, unless it counts as lost. Whatever a device names that another one showed, it was not
    the one that was asked first. With `gaps`, errors beside the device are added to it. Raises NotShownError.
    """
    without: set[str] = set()
    for asked in dict.fromkeys((controller, "")):
        try:
            shown = _checked(session.device(guid, gaps, domain_controller=asked or None), guid)
            return shown if asked else _not_shown_by(controller, shown)
        except ObjectNotFound as exc:
            without |= {exc.domain_controller or asked} - {""}
        except RefusedByExchange:
            if not asked and session.dialect != "ActiveSync":
                raise
        except Transient:
            if not asked or not controller_is_lost:
                raise
    if session.dialect == "ActiveSync":
        return _not_shown_by(controller, _listed(session, guid, without))
    raise NotShownError(without)


def statistics_of(session: Session, device: Device, gaps: Gaps | None = None) -> DeviceStatistics:
    """The statistics of one device, by the domain controller that showed the device. Raises NoStatisticsError.

    With `gaps`, errors beside them are added to it.
    """
    identity = identity_of(session, device)
    try:
        found = asked_at(
            controller_of(device), lambda asked: session.statistics_of_device(identity, gaps, domain_controller=asked)
        )
    except ObjectNotFound as exc:
        raise NoStatisticsError from exc
    if found.guid != device.guid:
        raise Malformed("statistics of another device than the one asked for")
    return found


def controller_of(device: Device) -> str:
    """The domain controller that showed the device, where it is one of the device's domain; else empty."""
    return holder(device.distinguished_name, device.originating_server)


def identity_of(session: Session, device: Device) -> str:
    """GUID where the cmdlets document it (MobileDevice family), else the distinguished name."""
    return device.guid if session.dialect == "MobileDevice" else device.distinguished_name


def class_of(device: Device) -> ClientClass:
    """Which client it is, by all that is shown of it."""
    return client_class(
        device_type=device.device_type,
        model=device.model,
        user_agent=device.user_agent,
        client_type=device.client_type,
    )


def _owner(session: Session, device: Device) -> MailboxOwner | None:
    """The mailbox; None when Exchange shows none: disabled, removed, or out of the account's scope."""
    if not device.owner_dn:
        return None
    try:
        return session.mailbox_owner(device.owner_dn)
    except ObjectNotFound:
        return None


def _listed(session: Session, guid: str, without: set[str]) -> Device:
    """From the list of all: the older family documents names and identities, not GUIDs. Raises NotShownError.

    What could not be read may have been the device.
    """
    gaps = Gaps()
    found = next((device for device in session.devices(gaps) if device.guid == guid), None)
    if found is None:
        raise NotShownError(without, complete=not gaps.total)
    return found


def _not_shown_by(controller: str, device: Device) -> Device:
    """The device, without the name of a domain controller that was asked for it and did not show it."""
    if not controller or device.originating_server.casefold() != controller.casefold():
        return device
    return replace(device, originating_server="")


def _checked(device: Device, guid: str) -> Device:
    if device.guid != guid:
        raise Malformed("another device than the one asked for")
    return device
