"""An entry of the administrator audit log as it is shown.

Properties: Microsoft's page "Administrator audit log structure". The names of the types are recalled.
"""

from exconn.simulator.organization.audit import AuditEntry
from exconn.simulator.protocol.clixml import OBJECT, Writer
from exconn.simulator.shapes.identity import ZONE

_TASKS = "Microsoft.Exchange.Management.SystemConfigurationTasks"
_EVENT = (f"{_TASKS}.AdminAuditLogEvent", "Microsoft.Exchange.Data.ConfigurableObject", OBJECT)
_PARAMETER = (f"{_TASKS}.AdminAuditLogCmdletParameter", OBJECT)
_PARAMETERS = (f"Microsoft.Exchange.Data.MultiValuedProperty`1[[{_PARAMETER[0]}]]", OBJECT)


def audit_text(entry: AuditEntry) -> str:
    """One entry."""
    writer = Writer()
    with writer.obj(None, _EVENT, entry.cmdlet), writer.element("Props"):
        writer.string("ObjectModified", entry.object_modified)
        writer.string("CmdletName", entry.cmdlet)
        with writer.obj("CmdletParameters", _PARAMETERS), writer.element("LST"):
            for name, value in entry.parameters:
                with writer.obj(None, _PARAMETER, f"{name}={value}"), writer.element("Props"):
                    writer.string("Name", name)
                    writer.string("Value", value)
        with writer.obj("ModifiedProperties", _PARAMETERS), writer.element("LST"):
            pass
        writer.string("Caller", entry.caller)
        writer.boolean("ExternalAccess", value=False)
        writer.boolean("Succeeded", entry.succeeded)
        writer.string("Error", "None" if entry.succeeded else "The cmdlet failed.")
        writer.local("RunDate", entry.at, ZONE)
        writer.string("OriginatingServer", f"{entry.server} (15.02.0986.005)")
        writer.string("Identity", f"{entry.number:08d}")
        writer.boolean("IsValid", value=True)
        writer.enum("ObjectState", "Microsoft.Exchange.Data.ObjectState", "New", 0)
    return writer.text()
