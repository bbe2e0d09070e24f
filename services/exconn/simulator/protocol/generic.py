"""The test-only endpoint for clients that speak PowerShell remoting and know nothing of Exchange.

It understands Invoke-Expression and script text with one line of known cmdlets and literals (`command_line`), piped to
Out-String where the client wants text, and is switched off unless a setting says otherwise.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.projection import Proxy
from exconn.simulator.protocol.clixml import escape, unescape
from exconn.simulator.protocol.command_line import read_line
from exconn.simulator.protocol.invocations import Argument, Command, Secret

RESOURCE = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
_LINE_END = "\r\n"
#: WinRb and clients made after it end each line with this, to learn whether its last statement failed.
_EXIT_CODE = re.compile(
    r"\s*if \(!\$\?\) \{ if\(\$LASTEXITCODE\) \{ exit \$LASTEXITCODE \} else \{ exit 1 \} \}\s*\Z", re.IGNORECASE
)


def understood(commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands with each line of text replaced by what it says. CmdletFailed for what is not understood.

    What is piped behind a line of several statements is piped behind each of them.
    """
    found: list[Command] = []
    position = 0
    while position < len(commands):
        command = commands[position]
        position += 1
        if not _is_line(command):
            found.append(command)
            continue
        behind: list[Command] = []
        while not (behind or [command])[-1].ends_statement and position < len(commands):
            behind.append(commands[position])
            position += 1
        for said in read_line(_line_of(command)):
            last = said.ends_statement and bool(behind)
            found.append(replace(said, ends_statement=False) if last else said)
            if last:
                found += [*behind[:-1], replace(behind[-1], ends_statement=True)]
    return tuple(found)


def asks_for_exit_code(commands: Sequence[Command]) -> bool:
    """Whether the client is to be told when the last statement failed. Then an error ends a statement, not the line."""
    texts = (a.value for c in commands if not c.is_script and _is_line(c) for a in c.arguments)
    said = [*(c.name for c in commands if c.is_script), *texts]
    return any(isinstance(text, str) and _EXIT_CODE.search(text) for text in said)


def _is_line(command: Command) -> bool:
    return command.is_script or command.name.lower() in ("invoke-expression", "iex")


def _line_of(command: Command) -> str:
    return _EXIT_CODE.sub("", _text_of(command))


def _text_of(command: Command) -> str:
    if command.is_script:
        return command.name
    values = [a.value for a in command.arguments if isinstance(a.value, str)]
    if len(values) != 1:
        raise failures.line_not_understood("Invoke-Expression takes one text")
    return values[0]


def text_proxy_for(name: str) -> Proxy | None:
    """Out-String and Write-Output, which only this endpoint has."""
    return _PROXIES.get(name.lower())


def _write_output(results: Iterator[str], arguments: Sequence[Argument]) -> Iterator[str]:
    yield from results
    given = [a.value for a in arguments]
    for value in given:
        for each in value if isinstance(value, list) else [value]:
            yield _literal(each)


def _literal(value: Any) -> str:
    if value is None:
        return "<Nil />"
    if isinstance(value, Secret):
        return f"<SS>{value.sealed}</SS>"
    if isinstance(value, bool):
        return f"<B>{str(value).lower()}</B>"
    if isinstance(value, int):
        return f"<I32>{value}</I32>"
    if isinstance(value, dict):
        raise failures.line_not_understood("a table can't be written")
    return f"<S>{escape(str(value))}</S>"


def _out_string(results: Iterator[str], arguments: Sequence[Argument]) -> Iterator[str]:
    lines = (line for text in results for line in _lines(text))
    if any(a.name is not None and "stream".startswith(a.name.strip("-:").lower()) for a in arguments):
        for line in lines:
            yield f"<S>{escape(line)}</S>"
    else:
        yield f"<S>{escape(''.join(line + _LINE_END for line in lines))}</S>"


def _lines(text: str) -> Iterator[str]:
    """An object as a list of its properties; a value as itself."""
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    if root.tag == "SS":
        yield "System.Security.SecureString"
    elif root.tag != "Obj":
        yield from unescape(root.text or "").splitlines() or [""]
    else:
        yield from _listed(root)


def _listed(root: ElementTree.Element) -> Iterator[str]:
    shown = {e.get("N", ""): _shown(e) for group in ("Props", "MS") for e in root.findall(f"{group}/*")}
    width = max(map(len, shown), default=0)
    yield ""
    for name, value in shown.items():
        yield f"{name:<{width}} : {value}"
    yield ""


def _shown(element: ElementTree.Element) -> str:
    if element.tag in ("Nil", "Ref"):
        return ""
    if element.tag == "B":
        return (element.text or "").capitalize()
    if element.tag != "Obj":
        return unescape(element.text or "")
    items = element.find("LST")
    if items is not None:
        return "{" + ", ".join(_shown(item) for item in items) + "}"
    return unescape(element.findtext("ToString") or "")


_PROXIES: dict[str, Callable[[Iterator[str], Sequence[Argument]], Iterator[str]]] = {
    "out-string": _out_string,
    "write-output": _write_output,
}
