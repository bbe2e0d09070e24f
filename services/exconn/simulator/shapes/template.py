"""CLIXML written once with holes, then filled in for each object: a copy costs one `%`."""

from collections.abc import Callable, Sequence

from exconn.simulator.protocol.clixml import ENUM_BASE, Writer

_OPEN, _CLOSE = "\ue000", "\ue001"


def hole(name: str) -> str:
    """A mark that becomes a value; put it wherever the writer takes text."""
    return f"{_OPEN}{name}{_CLOSE}"


class ResultTemplate:
    """The text of one kind of object."""

    def __init__(self, write: Callable[[Writer], None]) -> None:
        writer = Writer()
        write(writer)
        parts = writer.text().split(_OPEN)
        names: list[str] = []
        texts = [parts[0].replace("%", "%%")]
        for part in parts[1:]:
            name, _, rest = part.partition(_CLOSE)
            names.append(name)
            texts.append(rest.replace("%", "%%"))
        self._format = "%s".join(texts)
        self._names = names

    def fill(self, values: dict[str, str]) -> str:
        """One object; values are texts that are already safe."""
        return self._format % tuple(map(values.__getitem__, self._names))


def enum_hole(writer: Writer, name: str, type_name: str) -> None:
    """An enum whose name and number come later, as `<name>` and `<name>#`."""
    with writer.obj(name, (type_name, *ENUM_BASE), hole(name)):
        writer.raw(f"<I32>{hole(name + '#')}</I32>")


def string_holes(writer: Writer, names: Sequence[str]) -> None:
    """Strings that are never $null."""
    for name in names:
        writer.scalar("S", name, hole(name))


def optional_string(name: str, text: str | None) -> str:
    """A whole element for a string that may be $null; the text is already safe."""
    return f'<Nil N="{name}" />' if text is None else f'<S N="{name}">{text}</S>'


def optional_date(name: str, text: str | None) -> str:
    """The same for a date."""
    return f'<Nil N="{name}" />' if text is None else f'<DT N="{name}">{text}</DT>'
