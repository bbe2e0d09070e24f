"""One look at a device in Exchange: its partnership, its mailbox, its wipe fields."""

from dataclasses import dataclass

from exconn.contracts import Fingerprint, digest_of
from exconn.exchange import Device, DeviceStatistics, Session, WipeTimes


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look found; `identity` is what cmdlets of this session take for the device."""

    device: Device
    statistics: DeviceStatistics
    fingerprint: Fingerprint
    identity: str

    @property
    def wipe(self) -> WipeTimes:
        """The fields of the full wipe."""
        return self.statistics.wipe

    @property
    def requestor(self) -> str:
        """A digest of who asked for the wipe; empty when Exchange shows nobody."""
        return requestor_digest(self.wipe)


def look_at(session: Session, guid: str) -> Look:
    """The device with that GUID. Raises ObjectNotFound and the other errors of the client."""
    device = session.device(guid)
    controller = device.originating_server or None
    statistics = wipe_fields(session, device, controller)
    mailbox = session.mailbox_owner(device.owner_dn).guid
    fingerprint = Fingerprint(
        guid=device.guid,
        device=digest_of(device.device_id),
        mailbox=mailbox,
        created=device.created,
        first_sync=device.first_sync,
        last_acknowledged=statistics.wipe.acknowledged,
    )
    return Look(device=device, statistics=statistics, fingerprint=fingerprint, identity=identity_of(session, device))


def wipe_fields(session: Session, device: Device, controller: str | None) -> DeviceStatistics:
    """The statistics of one device, from the domain controller that showed the device."""
    return session.statistics_of_device(identity_of(session, device), domain_controller=controller)


def identity_of(session: Session, device: Device) -> str:
    """GUID where the cmdlets document it (MobileDevice family), else the distinguished name."""
    return device.guid if session.dialect == "MobileDevice" else device.distinguished_name


def requestor_digest(times: WipeTimes) -> str:
    """A digest of who asked for a wipe; empty when nobody did."""
    return digest_of(times.requestor) if times.requestor else ""
