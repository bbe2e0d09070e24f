"""Get-Command and the metadata query: what the account's roles show, with parameters.

The shape is the one that the remoting protocol documents for implicit remoting. Nothing here runs
or even looks at the cmdlets themselves.
"""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.catalog import Cmdlet, Parameter, load
from exconn.simulator.cmdlets.projection import argument_of
from exconn.simulator.errors import ErrorRecord
from exconn.simulator.organization.roles import PROXIES, Visibility
from exconn.simulator.protocol.clixml import OBJECT, Writer
from exconn.simulator.protocol.invocations import Argument

_CUSTOM = ("System.Management.Automation.PSCustomObject", OBJECT)
_COMMAND = ("Selected.System.Management.Automation.CmdletInfo", *_CUSTOM)
_COUNT = ("Selected.Microsoft.PowerShell.Commands.GenericMeasureInfo", *_CUSTOM)
_COMMAND_TYPE = "System.Management.Automation.CommandTypes"
_PARAMETERS = (
    "System.Collections.Generic.Dictionary`2[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, "
    "PublicKeyToken=b77a5c561934e089],[System.Management.Automation.ParameterMetadata, "
    "System.Management.Automation, Version=3.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
    OBJECT,
)
_PARAMETER = ("System.Management.Automation.ParameterMetadata", OBJECT)
_NAMES = (
    "System.Collections.ObjectModel.Collection`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, "
    "PublicKeyToken=b77a5c561934e089]]",
    OBJECT,
)
_OUTPUT_TYPES = (
    "System.Collections.ObjectModel.ReadOnlyCollection`1[[System.Management.Automation.PSTypeName, "
    "System.Management.Automation, Version=3.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
    OBJECT,
)
_SYSTEM_TYPES = {
    "SwitchParameter": "System.Management.Automation.SwitchParameter",
    "Boolean": "System.Boolean",
    "Int32": "System.Int32",
    "String": "System.String",
}


def get_command(
    visibility: Visibility, arguments: Sequence[Argument], report: Callable[[ErrorRecord], None]
) -> Iterator[str]:
    """Get-Command -Name; a name that matches nothing is an error and does not keep the others back."""
    quiet = str(argument_of(arguments, "erroraction") or "").lower() in ("silentlycontinue", "ignore")
    for pattern in _names(arguments):
        found = list(_matching(visibility, [pattern]))
        for name in found:
            yield _command_text(visibility, name)
        if not found and "*" not in pattern and not quiet:
            report(failures.cmdlet_not_found(pattern).record)


def _names(arguments: Sequence[Argument]) -> list[str]:
    value = argument_of(arguments, "name")
    if value is None:
        value = next((a.value for a in arguments if a.name is None and a.value is not None), "*")
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _matching(visibility: Visibility, patterns: Sequence[str]) -> Iterator[str]:
    for name in (*visibility.cmdlet_names(), *PROXIES):
        if any(fnmatchcase(name.lower(), p.lower()) for p in patterns):
            yield name


def command_metadata(visibility: Visibility, patterns: Sequence[str]) -> Iterator[str]:
    """The answer to the metadata message: first the count, then the commands."""
    names = list(_matching(visibility, patterns))
    writer = Writer()
    with writer.obj(None, _COUNT), writer.element("MS"):
        writer.int32("Count", len(names))
    yield writer.text()
    for name in names:
        yield _command_text(visibility, name)


def _command_text(visibility: Visibility, name: str) -> str:
    cmdlet = visibility.find(name)
    writer = Writer()
    with writer.obj(None, _COMMAND, name), writer.element("MS"):
        writer.string("Name", name)
        writer.string("Namespace", "" if cmdlet is None else "Microsoft.Exchange.Management.PowerShell.E2010")
        writer.string("HelpUri", "")
        writer.enum("CommandType", _COMMAND_TYPE, "Cmdlet", 8)
        writer.nil("ResolvedCommandName")
        with writer.obj("OutputType", _OUTPUT_TYPES), writer.element("LST"):
            pass
        with writer.obj("Parameters", _PARAMETERS), writer.element("DCT"):
            _write_parameters(writer, visibility, cmdlet)
    return writer.text()


def _write_parameters(writer: Writer, visibility: Visibility, cmdlet: Cmdlet | None) -> None:
    if cmdlet is not None:
        for name in visibility.parameters(cmdlet):
            _write_parameter(writer, cmdlet.parameters[name])
    for name in load().common:
        _write_entry(writer, name, "System.Object", aliases=(), is_switch=name in ("Debug", "Verbose"))


def _write_parameter(writer: Writer, parameter: Parameter) -> None:
    type_name = _SYSTEM_TYPES.get(parameter.type, f"Microsoft.Exchange.Configuration.Tasks.{parameter.type}")
    _write_entry(writer, parameter.name, type_name, aliases=parameter.aliases, is_switch=parameter.is_switch)


def _write_entry(writer: Writer, name: str, type_name: str, *, aliases: Sequence[str], is_switch: bool) -> None:
    with writer.element("En"):
        writer.string("Key", name)
        with writer.obj("Value", _PARAMETER, _PARAMETER[0]), writer.element("Props"):
            writer.string("Name", name)
            writer.string("ParameterType", type_name)
            with writer.obj("Aliases", _NAMES), writer.element("LST"):
                for alias in aliases:
                    writer.string(None, alias)
            writer.boolean("IsDynamic", value=False)
            writer.boolean("SwitchParameter", is_switch)
