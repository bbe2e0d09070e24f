"""Select-Object, Measure-Object and Get-FormatData, as far as implicit remoting uses them."""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any
from xml.etree import ElementTree

from exconn.simulator.protocol.clixml import Writer
from exconn.simulator.protocol.invocations import Argument

Proxy = Callable[[Iterator[str], Sequence[Argument]], Iterator[str]]

_MEASURE = (
    "Microsoft.PowerShell.Commands.GenericMeasureInfo",
    "Microsoft.PowerShell.Commands.MeasureInfo",
    "System.Object",
)
_SELECTED = "<T>System.Management.Automation.PSCustomObject</T><T>System.Object</T>"


def proxy_for(name: str) -> Proxy | None:
    """The proxy of that name, whatever its case."""
    return _PROXIES.get(name.lower())


def argument_of(arguments: Sequence[Argument], name: str) -> Any:
    """The value of a named argument, which may be abbreviated; None without one."""
    for argument in arguments:
        if argument.name is not None and name.startswith(argument.name.strip("-:").lower()):
            return argument.value
    return None


def _measured(results: Iterator[str], _arguments: Sequence[Argument]) -> Iterator[str]:
    count = sum(1 for _ in results)
    writer = Writer()
    with writer.obj(None, _MEASURE, _MEASURE[0]), writer.element("Props"):
        writer.int32("Count", count)
        for empty in ("Average", "Sum", "Maximum", "Minimum", "Property"):
            writer.nil(empty)
    yield writer.text()


def _selected(results: Iterator[str], arguments: Sequence[Argument]) -> Iterator[str]:
    first = argument_of(arguments, "first")
    if first is not None:
        results = islice(results, int(first))
    wanted = argument_of(arguments, "property")
    if wanted is None:
        wanted = next((a.value for a in arguments if a.name is None), None)
    if wanted is None:
        yield from results
        return
    patterns = [str(w).lower() for w in (wanted if isinstance(wanted, list) else [wanted])]
    for text in results:
        yield _project(text, patterns)


def _project(text: str, patterns: list[str]) -> str:
    """An object with some of its properties, which become note properties."""
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    kept: list[str] = []
    for group in ("Props", "MS"):
        kept += [
            ElementTree.tostring(element, encoding="unicode")
            for element in root.findall(f"{group}/*")
            if any(fnmatchcase(element.get("N", "").lower(), p) for p in patterns)
        ]
    first_type = root.findtext("TN/T") or "System.Object"
    types = f'<TN RefId="{_FREE_TYPE_ID}"><T>Selected.{first_type}</T>{_SELECTED}</TN>'
    return f'<Obj RefId="{_FREE_OBJECT_ID}">{types}<MS>{"".join(kept)}</MS></Obj>'


#: Beyond those that the kept properties bring along.
_FREE_TYPE_ID = 100_000
_FREE_OBJECT_ID = 100_000


def _no_formats(_results: Iterator[str], _arguments: Sequence[Argument]) -> Iterator[str]:
    return iter(())


_PROXIES: dict[str, Proxy] = {
    "get-formatdata": _no_formats,
    "measure-object": _measured,
    "select-object": _selected,
}
