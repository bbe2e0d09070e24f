"""Who owns a device: a mailbox as ActiveSync sees it, with its user name, its address and the owner's two lists."""

from dataclasses import dataclass

from exconn.exchange.distinguished_names import last_part
from exconn.exchange.records import Record, flag, guid, text, texts


@dataclass(frozen=True, slots=True)
class MailboxOwner:
    """A mailbox as ActiveSync sees it. `user_name` is the logon name, else the local part of the address."""

    guid: str
    name: str
    user_name: str
    distinguished_name: str
    primary_address: str
    activesync_enabled: bool | None
    policy: str | None
    policy_defaulted: bool | None
    allowed_ids: tuple[str, ...]
    blocked_ids: tuple[str, ...]
    has_partnership: bool | None
    server: str = ""


def parse_owner(record: Record) -> MailboxOwner:
    return MailboxOwner(
        guid=guid(record, "a mailbox"),
        name=text(record, "Name"),
        user_name=text(record, "SamAccountName") or text(record, "PrimarySmtpAddress").partition("@")[0],
        distinguished_name=text(record, "DistinguishedName"),
        primary_address=text(record, "PrimarySmtpAddress"),
        activesync_enabled=flag(record, "ActiveSyncEnabled"),
        policy=last_part(text(record, "ActiveSyncMailboxPolicy")) or None,
        policy_defaulted=flag(record, "ActiveSyncMailboxPolicyIsDefaulted"),
        allowed_ids=texts(record, "ActiveSyncAllowedDeviceIDs"),
        blocked_ids=texts(record, "ActiveSyncBlockedDeviceIDs"),
        has_partnership=flag(record, "HasActiveSyncDevicePartnership"),
        server=text(record, "ServerName"),
    )
