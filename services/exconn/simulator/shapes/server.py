"""Servers and the organization as they are shown."""

from datetime import datetime

from exconn.simulator.organization.directory import CONFIGURATION_DN, ORGANIZATION, ORGANIZATION_DN, DirectoryServer
from exconn.simulator.organization.people import DOMAIN, DOMAIN_DN
from exconn.simulator.protocol.clixml import AD_OBJECT_ID, OBJECT, Writer
from exconn.simulator.shapes.identity import (
    MANAGEMENT,
    PRESENTATION_CHAIN,
    write_object_class,
    write_plain_object,
    write_tail,
    write_version,
)

_SERVER = (f"{MANAGEMENT}.ExchangeServer", *PRESENTATION_CHAIN)
_ORGANIZATION = (f"{MANAGEMENT}.OrganizationConfig", *PRESENTATION_CHAIN)
_VERSION_TYPES = ("Microsoft.Exchange.Data.ServerVersion", OBJECT)
_ROLE_TYPE = "Microsoft.Exchange.Data.Directory.SystemConfiguration.ServerRole"
_EDITION_TYPE = "Microsoft.Exchange.Data.Directory.SystemConfiguration.ServerEditionType"

#: One build of each version that can be simulated.
VERSIONS = {
    "2010": "Version 14.3 (Build 123.4)",
    "2013": "Version 15.0 (Build 1497.2)",
    "2016": "Version 15.1 (Build 2507.6)",
    "2019": "Version 15.2 (Build 986.5)",
    "SE": "Version 15.2 (Build 2562.17)",
}
_ROLES_2010 = ("Mailbox, ClientAccess, HubTransport", 38)
_ROLES_2013 = ("Mailbox, ClientAccess", 16439)
#: From 2016 on there is one role only.
_ROLES = ("Mailbox", 16439)
_SINGLE_ROLES = {"client_access": ("ClientAccess", 4), "mailbox": ("Mailbox", 2), "edge": ("Edge", 64)}


def _shown_roles(server: DirectoryServer, version: str) -> tuple[str, int]:
    """The names of its roles, and their bits."""
    if server.roles != "all":
        return _SINGLE_ROLES[server.roles]
    return {"2010": _ROLES_2010, "2013": _ROLES_2013}.get(version, _ROLES)


def server_text(server: DirectoryServer, guid: str, created: datetime, *, version: str) -> str:
    """One server."""
    writer = Writer()
    edge = server.roles == "edge"
    access, mailbox = (server.roles in ("all", only) for only in ("client_access", "mailbox"))
    roles, number = _shown_roles(server, version)
    site = f"{DOMAIN}/Configuration/Sites/{server.site}"
    with writer.obj(None, _SERVER, server.name), writer.element("Props"):
        writer.shown("AdminDisplayVersion", _VERSION_TYPES, VERSIONS[version])
        writer.string("Domain", DOMAIN)
        writer.enum("Edition", _EDITION_TYPE, "Enterprise", 2)
        writer.string("Fqdn", server.fqdn)
        writer.boolean("IsHubTransportServer", value=mailbox)
        writer.boolean("IsClientAccessServer", value=access)
        writer.boolean("IsEdgeServer", value=edge)
        writer.boolean("IsMailboxServer", value=mailbox)
        writer.boolean("IsFrontendTransportServer", value=access and version != "2010")
        writer.enum("ServerRole", _ROLE_TYPE, roles, number)
        with writer.obj("Site", AD_OBJECT_ID, site), writer.element("Props"):
            writer.string("DistinguishedName", f"CN={server.site},CN=Sites,CN=Configuration,{DOMAIN_DN}")
            writer.string("Name", server.site)
        writer.string("AdminDisplayName", "")
        write_version(writer)
        ref = write_plain_object(
            writer,
            dn=f"CN={server.name},CN=Servers,CN=Exchange Administrative Group,{ORGANIZATION_DN}",
            shown=server.name,
            common_name=server.name,
            guid=guid,
            created=created,
            changed=created,
        )
        write_object_class(writer, "ms-Exch-Exchange-Server", ("top", "server", "msExchExchangeServer"))
        write_tail(writer, ref)
    return writer.text()


def organization_text(guid: str, created: datetime) -> str:
    """The organization."""
    writer = Writer()
    with writer.obj(None, _ORGANIZATION, ORGANIZATION), writer.element("Props"):
        writer.string("LegacyExchangeDN", f"/o={ORGANIZATION}")
        writer.boolean("IsDehydrated", value=False)
        write_version(writer)
        ref = write_plain_object(
            writer,
            dn=f"CN={ORGANIZATION},{CONFIGURATION_DN}",
            shown=ORGANIZATION,
            common_name=ORGANIZATION,
            guid=guid,
            created=created,
            changed=created,
        )
        write_tail(writer, ref)
    return writer.text()
