"""Objects on their way from one command of a pipeline to the next, or from the client into the first one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from exconn.simulator.cmdlets.catalog import Parameter

#: Types whose parameters take a mailbox by value only: a piped object is not bound to them, a text is.
_TEXTS_ONLY = frozenset({"MailboxIdParameter", "DatabaseIdParameter", "ServerIdParameter", "MailboxPlanIdParameter"})


@dataclass(frozen=True, slots=True)
class Piped:
    """One object: a text, or properties by their names in lower case."""

    text: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def value_for(self, parameter: Parameter) -> Any:
        """What it gives this parameter; None when nothing.

        The pages say which parameters take pipeline input, not how. A text is bound by value. An object is bound by
        the property of the parameter's name, which for the devices' own cmdlets is Identity.
        """
        if self.text is not None:
            return self.text
        if parameter.name != "Identity" and parameter.type in _TEXTS_ONLY:
            return None
        return self.properties.get(parameter.name.lower())


def from_results(results: Iterator[str]) -> list[Piped]:
    """What a command put out, as the next one sees it. All at once: the next one may change what the first lists."""
    return [_piped(ElementTree.fromstring(text)) for text in results]  # noqa: S314 - our own text


def from_value(value: Any) -> Piped:
    """What the client sent into the pipeline: a text or number, or an object with properties."""
    if isinstance(value, Mapping):
        return Piped(properties={str(name).lower(): each for name, each in value.items()})
    return Piped(text=str(value))


def _piped(root: ElementTree.Element) -> Piped:
    if root.tag != "Obj":
        return Piped(text=root.text or "")
    found = {
        str(element.get("N", "")).lower(): _shown(element)
        for group in ("Props", "MS")
        for element in root.iterfind(f"{group}/*")
    }
    return Piped(properties=found)


def _shown(element: ElementTree.Element) -> str | None:
    if element.tag == "Nil":
        return None
    return element.findtext("ToString") if element.tag == "Obj" else (element.text or "")
