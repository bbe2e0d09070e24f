"""What happens to a phone that calls: refused, or let in with an access state.

Authentication and ActiveSyncEnabled come first (`Organization.lets_in`), then what `access` decides.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from exconn.simulator.organization.access import USUAL, Access, Circumstances, decide
from exconn.simulator.organization.directory import Partnership
from exconn.simulator.organization.organization import Organization

if TYPE_CHECKING:
    from exconn.simulator.phones.contact_times import Phones

#: A new phone is in discovery until it has told what it is, at most this long (Microsoft's page on device access).
LONGEST_DISCOVERY = timedelta(minutes=14)


class Surroundings(Protocol):
    """Where a phone calls: an organization, and the phones in it."""

    @property
    def organization(self) -> Organization:
        """The directory."""

    @property
    def phones(self) -> "Phones":
        """The phones."""


def access_of(world: Surroundings, device: Partnership) -> Access:
    """The access state of a partnership, now."""
    organization = world.organization
    mailbox = organization.mailbox(device.owner.number)
    return decide(device, mailbox, organization.rules, organization.settings, _circumstances(world, device))


def changes_by_orders_only(world: Surroundings, device: Partnership) -> bool:
    """Whether the state stays as it is while nobody orders anything: then neither discovery nor Upgrade can end."""
    return device.is_first and world.organization.mailbox(device.owner.number).upgraded is None


def _circumstances(world: Surroundings, device: Partnership) -> Circumstances:
    upgraded = world.organization.mailbox(device.owner.number).upgraded
    if device.is_first and upgraded is None and device.enforces:
        return USUAL
    last = world.phones.last_contact(device.number)
    return Circumstances(
        enforceable=_is_enforceable(world, device),
        upgraded=upgraded is not None and last <= upgraded,
        identified=device.is_first or last > device.created or datetime.now(UTC) - device.created > LONGEST_DISCOVERY,
    )


def _is_enforceable(world: Surroundings, device: Partnership) -> bool:
    """Policies are for ActiveSync clients, and may do without being enforced."""
    policy = world.organization.policy_of(device.owner.number)
    if device.enforces or device.model.client_type != "EAS" or policy is None:
        return True
    return policy.values.get("AllowNonProvisionableDevices") is not False
