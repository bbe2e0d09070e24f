"""What all directory objects share: identity, dates, organization."""

from contextvars import ContextVar
from datetime import datetime, timedelta, timezone

from exconn.simulator.organization.directory import DOMAIN_CONTROLLERS
from exconn.simulator.organization.domains import ROOT, Domain
from exconn.simulator.organization.people import DOMAIN
from exconn.simulator.phones.beliefs import CatalogNames
from exconn.simulator.protocol.clixml import AD_OBJECT_ID, OBJECT, Writer, local_text
from exconn.simulator.shapes.template import hole

#: The server's own zone, so that local dates and UTC dates differ.
ZONE = timezone(timedelta(hours=2))

DIRECTORY = "Microsoft.Exchange.Data.Directory"
CONFIGURATION = f"{DIRECTORY}.SystemConfiguration"
MANAGEMENT = f"{DIRECTORY}.Management"
DIRECTORY_CHAIN = (
    f"{DIRECTORY}.ADObject",
    f"{DIRECTORY}.ADRawEntry",
    "Microsoft.Exchange.Data.ConfigurableObject",
    OBJECT,
)
CONFIGURATION_CHAIN = (f"{DIRECTORY}.ADConfigurationObject", *DIRECTORY_CHAIN)
PRESENTATION_CHAIN = (
    f"{MANAGEMENT}.ADPresentationObject",
    *DIRECTORY_CHAIN,
)
_VERSION_TYPES = ("Microsoft.Exchange.Data.ExchangeObjectVersion", OBJECT)
_ORGANIZATION_TYPES = (f"{DIRECTORY}.OrganizationId", OBJECT)
_PARTITION_GUID = "59ce2f71-eaa2-4ddf-a4fa-f25069d0b324"


#: The domain controller that shows what is written down just now, in this thread.
ANSWERING: ContextVar[str] = ContextVar("answering", default=DOMAIN_CONTROLLERS[0])
#: What it names on the objects.
NAMES: ContextVar[CatalogNames] = ContextVar("names", default=CatalogNames.ITSELF)


def originating_server(domain: Domain = ROOT) -> str:
    """What an object of that domain names as its `OriginatingServer`."""
    answering, names = ANSWERING.get(), NAMES.get()
    if names is CatalogNames.NOTHING:
        return ""
    if names is CatalogNames.HOLDER and answering not in domain.controllers:
        return domain.controllers[0]
    return answering


def write_object_id(
    writer: Writer, name: str, *, shown: str, dn: str, common_name: str, guid: str, domain: str = DOMAIN
) -> int:
    """An ADObjectId; returns its RefId. Arguments may be holes."""
    with writer.obj(name, AD_OBJECT_ID, shown) as ref, writer.element("Props"):
        writer.string("Rdn", f"CN={common_name}")
        writer.string("Parent", shown)
        writer.int32("Depth", 5)
        writer.string("DistinguishedName", dn)
        writer.boolean("IsDeleted", value=False)
        writer.boolean("IsRelativeDn", value=False)
        writer.scalar("S", "DomainId", domain)
        writer.guid("PartitionGuid", _PARTITION_GUID)
        writer.string("PartitionFQDN", DOMAIN)
        writer.scalar("G", "ObjectGuid", guid)
        writer.string("Name", common_name)
    return ref


def write_own_id(writer: Writer) -> int:
    """The same for the Identity of an object that is written by the thousand: all of it holes."""
    return write_object_id(
        writer,
        "Identity",
        shown=hole("Identity"),
        dn=hole("Dn"),
        common_name=hole("Name"),
        guid=hole("Guid"),
        domain=hole("Domain"),
    )


def write_version(writer: Writer) -> None:
    """ExchangeVersion."""
    writer.shown("ExchangeVersion", _VERSION_TYPES, "0.10 (14.0.100.0)")


def write_directory_dates(writer: Writer, changed: str, created: str, changed_utc: str, created_utc: str) -> None:
    """The four dates, as texts or holes."""
    writer.scalar("DT", "WhenChanged", changed)
    writer.scalar("DT", "WhenCreated", created)
    writer.scalar("DT", "WhenChangedUTC", changed_utc)
    writer.scalar("DT", "WhenCreatedUTC", created_utc)


def write_tail(writer: Writer, identity: int, controller: str | None = None) -> None:
    """The last properties of every directory object; one of the configuration is on every domain controller."""
    writer.shown("OrganizationId", _ORGANIZATION_TYPES, "")
    writer.ref("Id", identity)
    writer.string("OriginatingServer", originating_server() if controller is None else controller)
    writer.boolean("IsValid", value=True)
    writer.enum("ObjectState", "Microsoft.Exchange.Data.ObjectState", "Unchanged", 1)


def write_object_class(writer: Writer, category: str, classes: tuple[str, ...]) -> None:
    """ObjectCategory and ObjectClass."""
    writer.string("ObjectCategory", f"{DOMAIN}/Configuration/Schema/{category}")
    writer.strings("ObjectClass", classes)


def utc_seconds(moment: datetime) -> str:
    """A directory date in UTC: whole seconds."""
    return moment.isoformat(timespec="seconds")[:19] + "Z"


def write_plain_object(
    writer: Writer,
    *,
    dn: str,
    shown: str,
    common_name: str,
    guid: str,
    created: datetime,
    changed: datetime,
    domain: str = DOMAIN,
) -> int:
    """Name, DN, Identity, Guid and dates of an object that is not written by the thousand."""
    writer.string("Name", common_name)
    writer.string("DistinguishedName", dn)
    ref = write_object_id(writer, "Identity", shown=shown, dn=dn, common_name=common_name, guid=guid, domain=domain)
    writer.guid("Guid", guid)
    write_directory_dates(
        writer, local_text(changed, ZONE), local_text(created, ZONE), utc_seconds(changed), utc_seconds(created)
    )
    return ref
