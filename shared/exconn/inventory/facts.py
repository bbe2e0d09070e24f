"""From what Exchange answers to facts, and to the fingerprint: one mapping for whoever reads a device."""

from exconn.contracts import DeviceFact, Fingerprint, OwnerFact, StatisticsFact, digest_of
from exconn.exchange import Device, DeviceStatistics, MailboxOwner


def device_fact(device: Device, *, mailbox: str | None = None, user_name: str = "") -> DeviceFact:
    """A partnership of the mailbox with that GUID. Its name is `<user name>_<device type>`, as people know it.

    Where the logon name is not known, the owner's display name stands in for it.
    """
    return DeviceFact(
        guid=device.guid,
        name=f"{user_name or device.owner_name}_{device.device_type}",
        device_id=device.device_id,
        device_type=device.device_type,
        owner=mailbox,
        owner_name=device.owner_name,
        friendly_name=device.friendly_name,
        model=device.model,
        os=device.os,
        user_agent=device.user_agent,
        imei=device.imei,
        phone_number=device.phone_number,
        client_type=device.client_type,
        client_version=device.client_version,
        access_state=device.access_state,
        access_state_reason=device.access_state_reason,
        first_sync=device.first_sync,
        created=device.created,
        identity=device.identity,
        user_domain=device.user_domain,
        access_control_rule=device.access_control_rule,
        os_language=device.os_language,
        mobile_operator=device.mobile_operator,
    )


def statistics_fact(statistics: DeviceStatistics) -> StatisticsFact:
    """What the mailbox knows of a device."""
    wipe, account_only = statistics.wipe, statistics.account_only_wipe
    return StatisticsFact(
        guid=statistics.guid,
        last_sync=statistics.last_sync,
        last_attempt=statistics.last_attempt,
        last_policy_update=statistics.last_policy_update,
        status=statistics.status,
        policy_applied=statistics.policy_applied,
        policy_status=statistics.policy_status,
        remote_wipe_supported=statistics.remote_wipe_supported,
        wipe_requested=wipe.requested,
        wipe_sent=wipe.sent,
        wipe_acknowledged=wipe.acknowledged,
        wipe_requestor=wipe.requestor or "",
        account_wipe_requested=account_only.requested,
        account_wipe_sent=account_only.sent,
        account_wipe_acknowledged=account_only.acknowledged,
        account_wipe_requestor=account_only.requestor or "",
        status_note=statistics.status_note,
    )


def owner_fact(owner: MailboxOwner) -> OwnerFact:
    """A mailbox with partnerships."""
    return OwnerFact(
        guid=owner.guid,
        name=owner.name,
        address=owner.primary_address,
        activesync_enabled=owner.activesync_enabled,
        policy=owner.policy,
        policy_defaulted=owner.policy_defaulted,
        allowed_ids=owner.allowed_ids,
        blocked_ids=owner.blocked_ids,
        server=owner.server,
    )


def fingerprint_of(device: Device, statistics: DeviceStatistics, *, mailbox: str | None) -> Fingerprint:
    """The fingerprint of a device as just read; the same fields as the register's."""
    return Fingerprint(
        guid=device.guid,
        device=digest_of(device.device_id),
        mailbox=mailbox or "",
        created=device.created,
        first_sync=device.first_sync,
        last_acknowledged=statistics.wipe.acknowledged,
    )
