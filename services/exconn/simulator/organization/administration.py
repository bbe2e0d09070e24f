"""What administrators and time do to mailboxes and partnerships, beside what cmdlets do."""

from datetime import UTC, datetime, timedelta

from exconn.simulator.organization.directory import OwnerKind
from exconn.simulator.organization.world import World


def set_kind(world: World, owner: int, kind: OwnerKind) -> None:
    """Make the mailbox a linked, shared, disabled, soft-deleted or plain one; some let no phone in."""
    with world.organization.lock:
        world.organization.change_mailbox(owner).kind = kind
    world.phones.mailbox_changed(owner)


def set_active_sync(world: World, owner: int, *, on: bool) -> None:
    """Switch ActiveSync on or off: off turns the phones away."""
    with world.organization.lock:
        world.organization.change_mailbox(owner).active_sync = on
    world.phones.mailbox_changed(owner)


def set_partnership_flag(world: World, owner: int, flag: bool | None) -> None:
    """Have the mailbox say that it has partnerships, or has none; None for what is true."""
    with world.organization.lock:
        world.organization.change_mailbox(owner).partnership_flag = flag


def upgrade(world: World, owner: int) -> None:
    """The mailbox came from an older version: its phones are in the state Upgrade until they call."""
    with world.organization.lock:
        world.organization.change_mailbox(owner).upgraded = datetime.now(UTC)


def move(world: World, owner: int, database: str) -> None:
    """Move the mailbox to another database; nothing of its phones changes."""
    with world.organization.lock:
        world.organization.change_mailbox(owner).database = database


def leave(world: World, owner: int) -> list[int]:
    """Move the mailbox to another organization: it is gone here with its partnerships, whose numbers are returned."""
    organization = world.organization
    with organization.lock:
        mailbox, numbers = organization.change_mailbox(owner), organization.devices_of(owner)
        if mailbox.left_with is not None:
            return list(mailbox.left_with)
        for number in numbers:
            organization.remove_device(number)
        mailbox.left_with = tuple(numbers)
    world.phones.mailbox_changed(owner)
    return numbers


def arrive(world: World, owner: int) -> list[int]:
    """The mailbox comes from another organization, as it once left: new GUIDs, the same phones with the same ids."""
    organization = world.organization
    with organization.lock:
        mailbox = organization.change_mailbox(owner)
        numbers, mailbox.left_with = mailbox.left_with or (), None
        mailbox.arrivals += 1
        added = [world.phones.return_of(number) for number in numbers]
    world.phones.mailbox_changed(owner)
    return added


def clean_up(world: World, idle: timedelta) -> list[int]:
    """Remove the partnerships that were idle for longer, as EasMaxInactivityForDeviceCleanup lets the server do."""
    limit = datetime.now(UTC) - idle
    gone = [n for n in world.organization.numbers() if world.phones.last_contact(n) < limit]
    for number in gone:
        world.organization.remove_device(number)
    return gone
