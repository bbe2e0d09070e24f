"""Records of the made-up organization: what is fixed by number, and what events have changed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from exconn.simulator.organization.domains import ROOT
from exconn.simulator.organization.people import DOMAIN, Person
from exconn.simulator.phones.handsets import Model


@dataclass(slots=True)
class PendingWipe:
    """The life of one wipe; only what Exchange shows."""

    requested: datetime | None = None
    sent: datetime | None = None
    acknowledged: datetime | None = None
    requestor: str | None = None
    #: Taken back, where that leaves the time of the request.
    cancelled: bool = False

    @property
    def pending(self) -> bool:
        """Requested, not taken back, and not acknowledged since."""
        if self.requested is None or self.cancelled:
            return False
        return not self.is_acknowledged

    @property
    def is_acknowledged(self) -> bool:
        """Acknowledged since it was requested."""
        return self.acknowledged is not None and (self.requested is None or self.acknowledged >= self.requested)


@dataclass(slots=True)
class DeviceChange:
    """What has happened to one device since the start; untouched devices have none."""

    wipe: PendingWipe = field(default_factory=PendingWipe)
    account_only: PendingWipe = field(default_factory=PendingWipe)
    removed: bool = False
    offline_since: datetime | None = None
    back_since: datetime | None = None
    synced: datetime | None = None
    wiped: bool = False
    refuses_wipe: bool = False
    #: Set up again, it is told once more of the wipe that it has acknowledged.
    repeats_wipe: bool = False
    #: It erases itself, and its acknowledgement does not arrive.
    loses_acknowledgement: bool = False
    enrolments: int = 1
    created: datetime | None = None
    changed: datetime | None = None
    #: The number whose phone this partnership belongs to, for a phone that came back as a new object.
    same_phone_as: int | None = None
    owner: int | None = None
    #: For a phone that was added later; the others have the model of their number.
    model: Model | None = None
    #: Whether it enforces mailbox policies; None leaves that to its number.
    enforces: bool | None = None
    #: When it last answered a wipe with failure.
    wipe_failed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Partnership:
    """One partnership as it is now."""

    number: int
    guid: str
    owner: Person
    model: Model
    device_id: str
    imei: str | None
    phone_number: str | None
    created: datetime
    changed: datetime
    first_sync: datetime
    #: Can it enforce a mailbox policy?
    enforces: bool = True
    #: Was it there at the start?
    is_first: bool = True
    #: Lost its name to another object that was made at the same time elsewhere.
    is_conflict: bool = False
    #: Does the directory show its device id?
    shows_id: bool = True
    #: The name that its user gave it; empty for the model's.
    given_name: str = ""

    @property
    def name(self) -> str:
        """The object's common name: type and id round a section sign; behind a line break the mark of a conflict."""
        prefix = "" if self.model.client_type == "EAS" else f"{self.model.client_type}§"
        conflict = f"\nCNF:{self.guid}" if self.is_conflict else ""
        return f"{prefix}{self.model.type}§{self.device_id}{conflict}"

    @property
    def dn(self) -> str:
        """Distinguished name, in which a line break is written as its code."""
        name = self.name.replace("\n", "\\0A") if self.is_conflict else self.name
        return f"CN={name},CN=ExchangeActiveSyncDevices,{self.owner.dn}"

    @property
    def identity(self) -> str:
        """Canonical name."""
        return f"{self.owner.canonical}/ExchangeActiveSyncDevices/{self.name}"


class OwnerKind(StrEnum):
    """Which kind of account a mailbox belongs to."""

    USER = "user"
    LINKED = "linked"
    SHARED = "shared"
    DISABLED = "disabled"
    SOFT_DELETED = "soft_deleted"


#: Their accounts can't log on, so their phones are turned away.
_TURNED_AWAY = {OwnerKind.SHARED, OwnerKind.DISABLED, OwnerKind.SOFT_DELETED}
FIRST_DATABASE = "Mailbox Database 01"


@dataclass(slots=True)
class MailboxChange:
    """What has been set on one mailbox."""

    allowed: list[str] | None = None
    blocked: list[str] | None = None
    policy: int | None = None
    active_sync: bool = True
    kind: OwnerKind = OwnerKind.USER
    database: str = FIRST_DATABASE
    #: What it says of having partnerships, where that is stale.
    partnership_flag: bool | None = None
    #: Since when its phones are turned away.
    shut_since: datetime | None = None
    #: Until their next contact its phones are in the state Upgrade.
    upgraded: datetime | None = None
    #: Moved to another organization, with these phones.
    left_with: tuple[int, ...] | None = None
    #: How often it came from another organization: each time with new GUIDs.
    arrivals: int = 0

    @property
    def lets_in(self) -> bool:
        """Whether phones may synchronize."""
        return self.active_sync and self.kind not in _TURNED_AWAY and self.left_with is None


@dataclass(slots=True)
class AccessRule:
    """A device access rule."""

    number: int
    name: str
    characteristic: str
    query: str
    level: str


PolicyValue = bool | int | str | timedelta | list[str] | None


@dataclass(slots=True)
class PolicyObject:
    """A mobile device mailbox policy; names are those of the MobileDevice family, None is Unlimited."""

    number: int
    name: str
    is_default: bool
    values: dict[str, PolicyValue]
    changed: datetime


@dataclass(slots=True)
class OrganizationObject:
    """The ActiveSync settings of the organization."""

    default_access_level: str = "Allow"
    admin_mail_recipients: list[str] = field(default_factory=list)
    user_mail_insert: str = ""
    ota_notification_mail_insert: str = ""


@dataclass(slots=True)
class AutoblockThreshold:
    """When a misbehaving client is blocked for a while; nothing is blocked at the start."""

    number: int
    behavior: str
    incidence_limit: int = 0
    incidence_duration: timedelta = timedelta(0)
    block_duration: timedelta = timedelta(0)
    admin_email_insert: str = ""


#: Behaviours in the order of their numbers.
BEHAVIORS = (
    "UserAgentsChanges",
    "RecentCommands",
    "Watsons",
    "OutOfBudgets",
    "SyncCommands",
    "EnableNotificationEmail",
    "CommandFrequency",
)


#: Which roles a server has: before 2016 they can be apart, and an Edge server has none of the others.
ServerRoles = Literal["all", "client_access", "mailbox", "edge"]


@dataclass(frozen=True, slots=True)
class DirectoryServer:
    """An Exchange server."""

    number: int
    name: str
    site: str
    #: The address by which clients are told to call it; a name in the domain when there is none.
    host: str = ""
    #: Empty: the version of the organization.
    version: str = ""
    roles: ServerRoles = "all"

    @property
    def fqdn(self) -> str:
        """Full name."""
        return self.host or f"{self.name.lower()}.{DOMAIN}"


SERVERS = (DirectoryServer(0, "EX1", "Default-First-Site-Name"), DirectoryServer(1, "EX2", "Branch-South"))
DOMAIN_CONTROLLERS = ROOT.controllers
ORGANIZATION = "Example Corporation"
CONFIGURATION_DN = "CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=corp,DC=example"
ORGANIZATION_DN = f"CN={ORGANIZATION},{CONFIGURATION_DN}"
