"""Mailbox owners as the recipient cmdlets show them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from exconn.simulator.organization.directory import FIRST_DATABASE, ORGANIZATION, SERVERS, OwnerKind
from exconn.simulator.organization.people import Person
from exconn.simulator.protocol.clixml import SMTP_ADDRESS, STRING_VALUES, Writer, escape, local_text
from exconn.simulator.shapes.identity import (
    MANAGEMENT,
    PRESENTATION_CHAIN,
    ZONE,
    originating_server,
    utc_seconds,
    write_directory_dates,
    write_object_class,
    write_object_id,
    write_own_id,
    write_plain_object,
    write_tail,
    write_version,
)
from exconn.simulator.shapes.policy import shown_policy_dn
from exconn.simulator.shapes.template import ResultTemplate, hole
from exconn.simulator.shapes.versions import VERSION, has_parameter

_CAS_MAILBOX = (f"{MANAGEMENT}.CASMailbox", *PRESENTATION_CHAIN)
_MAILBOX = (
    f"{MANAGEMENT}.Mailbox",
    f"{MANAGEMENT}.MailEnabledOrgPerson",
    f"{MANAGEMENT}.MailEnabledRecipient",
    *PRESENTATION_CHAIN,
)
_USER = (f"{MANAGEMENT}.User", f"{MANAGEMENT}.OrgPersonPresentationObject", *PRESENTATION_CHAIN)
_RECIPIENT = ("Microsoft.Exchange.Data.Directory.Management.ReducedRecipient", *PRESENTATION_CHAIN)
_DETAILS_TYPE = "Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails"
_TYPE_TYPE = "Microsoft.Exchange.Data.Directory.Recipient.RecipientType"
_CLASSES = ("top", "person", "organizationalPerson", "user")


_TYPE_DETAILS = {
    OwnerKind.USER: "UserMailbox",
    OwnerKind.LINKED: "LinkedMailbox",
    OwnerKind.SHARED: "SharedMailbox",
    OwnerKind.DISABLED: "UserMailbox",
    OwnerKind.SOFT_DELETED: "User",
}
#: The numbers of the last two are recalled.
_DETAILS_NUMBERS = {
    "UserMailbox": 1,
    "LinkedMailbox": 2,
    "SharedMailbox": 4,
    "User": 65_536,
    "MonitoringMailbox": 549_755_813_888,
}
#: Accounts that can't log on.
_WITHOUT_LOGON = {OwnerKind.LINKED, OwnerKind.SHARED, OwnerKind.DISABLED}


@dataclass(frozen=True, slots=True)
class Owner:
    """What the recipient cmdlets need to show one owner."""

    person: Person
    guid: str
    mailbox_guid: str
    created: datetime
    policy_name: str
    policy_guid: str
    policy_is_default: bool
    active_sync: bool
    allowed: list[str]
    blocked: list[str]
    has_partnership: bool
    kind: OwnerKind = OwnerKind.USER
    database: str = FIRST_DATABASE

    @property
    def type_details(self) -> str:
        """RecipientTypeDetails."""
        return "MonitoringMailbox" if self.person.is_health else _TYPE_DETAILS[self.kind]


def cas_mailbox_text(owner: Owner) -> str:
    """Get-CASMailbox, which is asked for all owners at once."""
    person, policy = owner.person, owner.policy_name
    return _cas_template(originating_server(owner.person.domain), VERSION.get()).fill(
        {
            "Name": person.name,
            "Alias": person.alias,
            "ShortAlias": person.alias[:20],
            "Address": person.address,
            "Server": _server_of(person),
            "Allowed": _list_items(owner.allowed),
            "Blocked": _list_items(owner.blocked),
            "Policy": escape(policy),
            "PolicyDn": escape(shown_policy_dn(policy)),
            "PolicyGuid": owner.policy_guid,
            "IsDefaulted": _truth(owner.policy_is_default),
            "Enabled": _truth(owner.active_sync),
            "HasPartnership": _truth(owner.has_partnership),
            "Dn": person.dn,
            "Identity": person.canonical,
            "Domain": person.domain.name,
            "Guid": owner.guid,
            "Created": local_text(owner.created, ZONE),
            "CreatedUtc": utc_seconds(owner.created),
        }
    )


@cache
def _cas_template(controller: str, _version: str) -> ResultTemplate:
    """The text names a domain controller, and has what the version has."""

    def write(writer: Writer) -> None:
        with writer.obj(None, _CAS_MAILBOX, hole("Name")), writer.element("Props"):
            _write_cas_values(writer)
            write_version(writer)
            writer.scalar("S", "Name", hole("Name"))
            writer.scalar("S", "DistinguishedName", hole("Dn"))
            ref = write_own_id(writer)
            writer.scalar("G", "Guid", hole("Guid"))
            dates = (hole("Created"), hole("Created"), hole("CreatedUtc"), hole("CreatedUtc"))
            write_directory_dates(writer, *dates)
            write_object_class(writer, "Person", _CLASSES)
            write_tail(writer, ref, controller)

    return ResultTemplate(write)


def _write_cas_values(writer: Writer) -> None:
    _list_hole(writer, "EmailAddresses", f"<S>SMTP:{hole('Address')}</S>")
    writer.shown("PrimarySmtpAddress", SMTP_ADDRESS, hole("Address"))
    writer.scalar("S", "SamAccountName", hole("ShortAlias"))
    writer.scalar("S", "LegacyExchangeDN", f"/o={ORGANIZATION}/ou=Recipients/cn={hole('Alias')}")
    writer.scalar("S", "ServerName", hole("Server"))
    writer.scalar("S", "DisplayName", hole("Name"))
    _list_hole(writer, "ActiveSyncAllowedDeviceIDs", hole("Allowed"))
    _list_hole(writer, "ActiveSyncBlockedDeviceIDs", hole("Blocked"))
    write_object_id(
        writer,
        "ActiveSyncMailboxPolicy",
        shown=hole("Policy"),
        dn=hole("PolicyDn"),
        common_name=hole("Policy"),
        guid=hole("PolicyGuid"),
    )
    writer.scalar("B", "ActiveSyncMailboxPolicyIsDefaulted", hole("IsDefaulted"))
    writer.boolean("ActiveSyncDebugLogging", value=False)
    writer.scalar("B", "ActiveSyncEnabled", hole("Enabled"))
    writer.scalar("B", "HasActiveSyncDevicePartnership", hole("HasPartnership"))
    if has_parameter("Set-CASMailbox", "OWAforDevicesEnabled"):
        writer.boolean("OWAforDevicesEnabled", value=True)
    for name in ("OWAEnabled", "PopEnabled", "ImapEnabled", "MAPIEnabled", "EwsEnabled"):
        writer.boolean(name, value=True)


def _list_hole(writer: Writer, name: str, items: str) -> None:
    with writer.obj(name, STRING_VALUES), writer.element("LST"):
        writer.raw(items)


def _list_items(texts: list[str]) -> str:
    return "".join(f"<S>{escape(text)}</S>" for text in texts)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _server_of(person: Person) -> str:
    return SERVERS[person.number % len(SERVERS)].name.lower()


def mailbox_text(owner: Owner) -> str:
    """Get-Mailbox."""
    writer = Writer()
    with writer.obj(None, _MAILBOX, owner.person.name), writer.element("Props"):
        writer.string("Database", owner.database)
        writer.guid("ExchangeGuid", owner.mailbox_guid)
        writer.string("UserPrincipalName", owner.person.address)
        writer.string("Alias", owner.person.alias)
        writer.string("DisplayName", owner.person.name)
        writer.boolean("IsMailboxEnabled", value=True)
        writer.boolean("IsShared", owner.kind is OwnerKind.SHARED)
        writer.boolean("IsLinked", owner.kind is OwnerKind.LINKED)
        linked = f"PARTNER\\{owner.person.alias}" if owner.kind is OwnerKind.LINKED else ""
        writer.string("LinkedMasterAccount", linked)
        writer.boolean("AccountDisabled", owner.kind in _WITHOUT_LOGON)
        _write_addresses(writer, owner.person)
        _write_recipient_types(writer, owner)
        _write_identity(writer, owner)
    return writer.text()


def user_text(owner: Owner) -> str:
    """Get-User."""
    writer = Writer()
    with writer.obj(None, _USER, owner.person.name), writer.element("Props"):
        writer.string("SamAccountName", owner.person.alias[:20])
        writer.string("UserPrincipalName", owner.person.address)
        writer.string("DisplayName", owner.person.name)
        writer.string("FirstName", owner.person.name.split()[0])
        writer.string("LastName", "".join(owner.person.name.split()[1:2]))
        writer.string("WindowsEmailAddress", owner.person.address)
        _write_recipient_types(writer, owner)
        _write_identity(writer, owner)
    return writer.text()


def recipient_text(owner: Owner) -> str:
    """Get-Recipient."""
    writer = Writer()
    with writer.obj(None, _RECIPIENT, owner.person.name), writer.element("Props"):
        writer.string("Alias", owner.person.alias)
        writer.string("DisplayName", owner.person.name)
        writer.guid("ExchangeGuid", owner.mailbox_guid)
        _write_addresses(writer, owner.person)
        _write_recipient_types(writer, owner)
        _write_identity(writer, owner)
    return writer.text()


def _write_addresses(writer: Writer, person: Person) -> None:
    writer.strings("EmailAddresses", [f"SMTP:{person.address}"])
    writer.shown("PrimarySmtpAddress", SMTP_ADDRESS, person.address)
    writer.string("SamAccountName", person.alias[:20])
    writer.string("LegacyExchangeDN", f"/o={ORGANIZATION}/ou=Recipients/cn={person.alias}")
    writer.string("ServerName", _server_of(person))


def _write_recipient_types(writer: Writer, owner: Owner) -> None:
    kind, number = ("User", 65_536) if owner.kind is OwnerKind.SOFT_DELETED else ("UserMailbox", 1)
    writer.enum("RecipientType", _TYPE_TYPE, kind, number)
    details = owner.type_details
    writer.enum("RecipientTypeDetails", _DETAILS_TYPE, details, _DETAILS_NUMBERS[details])


def _write_identity(writer: Writer, owner: Owner) -> None:
    write_version(writer)
    person = owner.person
    ref = write_plain_object(
        writer,
        dn=person.dn,
        shown=person.canonical,
        common_name=person.name,
        guid=owner.guid,
        created=owner.created,
        changed=owner.created,
        domain=person.domain.name,
    )
    write_object_class(writer, "Person", _CLASSES)
    write_tail(writer, ref, originating_server(person.domain))
