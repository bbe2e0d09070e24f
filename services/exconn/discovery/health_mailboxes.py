"""What Exchange keeps for its own monitoring: mailboxes and devices that belong to nobody.

The names are recalled from real servers, not documented; a wrong guess shows a probe in the inventory, no more.
"""

from exconn.exchange import Device, MailboxOwner

_MAILBOX = "healthmailbox"
_PROBE = "easprobe"


def is_health_mailbox(owner: MailboxOwner) -> bool:
    """A mailbox of Exchange's own monitoring."""
    return owner.name.casefold().startswith(_MAILBOX)


def is_probe(device: Device) -> bool:
    """A partnership of Exchange's own monitoring."""
    return device.owner_name.casefold().startswith(_MAILBOX) or device.device_type.casefold().startswith(_PROBE)
