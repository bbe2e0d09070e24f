"""Everything that a reset replaces at once: the organization and its phones."""

from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from exconn.simulator.organization.audit import AdminAudit
from exconn.simulator.organization.directory import SERVERS, DirectoryServer
from exconn.simulator.organization.estate import TIDY, Estate
from exconn.simulator.organization.organization import Organization
from exconn.simulator.phones.contact_times import Phones


@dataclass(frozen=True, slots=True)
class World:
    """One organization and the phones in it."""

    organization: Organization
    phones: Phones
    servers: tuple[DirectoryServer, ...] = SERVERS


class Stage:
    """Holds the present world."""

    def __init__(
        self,
        devices: int,
        seed: int,
        sync: timedelta,
        servers: tuple[DirectoryServer, ...] = SERVERS,
        estate: Estate = TIDY,
    ) -> None:
        self._lock = Lock()
        #: What was changed in the present world, and by whom.
        self.audit = AdminAudit()
        self.world = _build(Organization(devices, seed, estate=estate), sync, servers)

    def reset(self, devices: int, seed: int) -> None:
        """Start over with another organization."""
        with self._lock:
            before = self.world
            organization = Organization(devices, seed, estate=before.organization.estate)
            self.world = _build(organization, before.phones.sync, before.servers)
            self.world.phones.beliefs = before.phones.beliefs
            self.world.phones.on_acknowledged = before.phones.on_acknowledged
            before.phones.stop()
            self.audit.clear()


def _build(organization: Organization, sync: timedelta, servers: tuple[DirectoryServer, ...]) -> World:
    phones = Phones(organization, sync)
    phones.start()
    return World(organization, phones, servers)
