"""What Exchange and its tests keep for monitoring: mailboxes and devices that belong to nobody.

Documented are `CAS_{…}`, which an example of `Get-MobileDeviceStatistics` leaves out, and `HealthMailbox…`; a sample
script of Microsoft's names `extest_…`. The type of probe devices is recalled; a wrong guess shows a probe in the
inventory, no more.
"""

from exconn.exchange import Device, MailboxOwner

_MAILBOXES = ("healthmailbox", "cas_{", "extest_")
_PROBE = "easprobe"


def is_health_mailbox(owner: MailboxOwner) -> bool:
    """A mailbox of Exchange's own monitoring or tests."""
    return owner.name.casefold().startswith(_MAILBOXES)


def is_probe(device: Device) -> bool:
    """A partnership of Exchange's own monitoring or tests."""
    return device.owner_name.casefold().startswith(_MAILBOXES) or device.device_type.casefold().startswith(_PROBE)
