"""Lists as services read them: whatever the organization is like, with its objects may come an error record or two.

A test that needs an organization without any, because the absence of gaps is its subject, starts its simulator with
`estate="tidy"`.
"""

from typing import Any

from exconn.exchange import Command, Device, Gaps, MailboxOwner, Session


def devices_of(session: Session) -> list[Device]:
    """Every device."""
    return list(session.devices(Gaps()))


def owners_of(session: Session) -> list[MailboxOwner]:
    """Every mailbox that may have one."""
    return list(session.mailbox_owners(Gaps()))


def records_of(session: Session, command: Command) -> list[dict[str, Any]]:
    """What a cmdlet lists."""
    return [dict(record) for record in session.stream(command, Gaps())]
