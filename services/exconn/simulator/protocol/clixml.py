"""CLIXML as text, written the way PowerShell's remoting serializer writes it.

A `Writer` makes one object tree and hands out RefIds and type tables. Results that are sent by the
thousand are written once with placeholders and filled in by `%` (see `shapes`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from uuid import UUID

_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]|_(?=[xX][0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_SPECIAL = re.compile('[&<>"]')

OBJECT = "System.Object"
ENUM_BASE = ("System.Enum", "System.ValueType", OBJECT)
ARRAY_LIST = ("System.Collections.ArrayList", OBJECT)
HASHTABLE = ("System.Collections.Hashtable", OBJECT)
PRIMITIVE_DICTIONARY = ("System.Management.Automation.PSPrimitiveDictionary", *HASHTABLE)

_STRING = "System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"
STRING_VALUES = (
    f"Microsoft.Exchange.Data.MultiValuedProperty`1[[{_STRING}]]",
    "Microsoft.Exchange.Data.MultiValuedPropertyBase",
    OBJECT,
)
_EXCHANGE_DATA = "Microsoft.Exchange.Data"
_TIMESPAN_NAME = f"{_EXCHANGE_DATA}.EnhancedTimeSpan"
TIMESPAN = (_TIMESPAN_NAME, "System.ValueType", OBJECT)
AD_OBJECT_ID = (f"{_EXCHANGE_DATA}.Directory.ADObjectId", f"{_EXCHANGE_DATA}.ObjectId", OBJECT)
SMTP_ADDRESS = (f"{_EXCHANGE_DATA}.SmtpAddress", "System.ValueType", OBJECT)


def _escape_unsafe(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"_x{units[i]:02X}{units[i + 1]:02X}_" for i in range(0, len(units), 2))


def escape(text: str) -> str:
    """Text for an element or attribute: XML markup, and `_xHHHH_` for what CLIXML escapes."""
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(_escape_unsafe, text)
    return _SPECIAL.sub(lambda m: _MARKUP[m.group()], text) if _SPECIAL.search(text) else text


def unescape(text: str) -> str:
    """The text that `escape` wrote, without the XML markup."""
    if "_x" not in text:
        return text
    units = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def utc_text(moment: datetime) -> str:
    """A date that is in UTC already, with .NET's seven digits."""
    return moment.isoformat(timespec="microseconds")[:26] + "0Z"


def local_text(moment: datetime, zone: timezone) -> str:
    """A directory date (whole seconds) in the server's own zone, with its offset."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def timespan_text(span: timedelta) -> str:
    """`[-][d.]hh:mm:ss`, as .NET prints a time span without fraction."""
    sign = "-" if span < timedelta(0) else ""
    seconds = int(abs(span).total_seconds())
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{sign}{days}.{clock}" if days else f"{sign}{clock}"


class Writer:
    """Writes one CLIXML object tree; RefIds and type tables start at zero."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._objects = 0
        self._types: dict[tuple[str, ...], int] = {}

    def text(self) -> str:
        """Everything written so far."""
        return "".join(self._parts)

    def raw(self, text: str) -> None:
        """Ready CLIXML, as it is."""
        self._parts.append(text)

    @contextmanager
    def obj(self, name: str | None = None, types: Sequence[str] = (), to_string: str | None = None) -> Iterator[int]:
        """An Obj element; yields its RefId."""
        ref = self._objects
        self._objects += 1
        self._parts.append(f'<Obj{_named(name)} RefId="{ref}">')
        if types:
            self._write_types(tuple(types))
        if to_string is not None:
            self._parts.append(f"<ToString>{escape(to_string)}</ToString>")
        yield ref
        self._parts.append("</Obj>")

    @contextmanager
    def element(self, tag: str) -> Iterator[None]:
        """A bare container: Props, MS, LST, DCT, En."""
        self._parts.append(f"<{tag}>")
        yield
        self._parts.append(f"</{tag}>")

    def _write_types(self, types: tuple[str, ...]) -> None:
        if (known := self._types.get(types)) is not None:
            self._parts.append(f'<TNRef RefId="{known}" />')
            return
        number = self._types[types] = len(self._types)
        names = "".join(f"<T>{escape(t)}</T>" for t in types)
        self._parts.append(f'<TN RefId="{number}">{names}</TN>')

    def ref(self, name: str | None, ref: int) -> None:
        """A second mention of an object already written."""
        self._parts.append(f'<Ref{_named(name)} RefId="{ref}" />')

    def scalar(self, tag: str, name: str | None, text: str) -> None:
        """A primitive whose text is already safe."""
        self._parts.append(f"<{tag}{_named(name)}>{text}</{tag}>")

    def nil(self, name: str | None) -> None:
        """$null."""
        self._parts.append(f"<Nil{_named(name)} />")

    def string(self, name: str | None, value: str | None) -> None:
        """A string, or $null."""
        if value is None:
            self.nil(name)
        else:
            self.scalar("S", name, escape(value))

    def boolean(self, name: str | None, value: bool) -> None:
        """A bool."""
        self.scalar("B", name, "true" if value else "false")

    def int32(self, name: str | None, value: int) -> None:
        """A 32-bit integer."""
        self.scalar("I32", name, str(value))

    def guid(self, name: str | None, value: UUID | str) -> None:
        """A GUID."""
        self.scalar("G", name, str(value))

    def local(self, name: str | None, value: datetime, zone: timezone) -> None:
        """A date in the server's zone."""
        self.scalar("DT", name, local_text(value, zone))

    def enum(self, name: str | None, type_name: str, value: str, number: int) -> None:
        """An enum value: its name as ToString, its number as the value."""
        with self.obj(name, (type_name, *ENUM_BASE), value):
            tag = "I32" if number < 1 << 31 else "I64"
            self._parts.append(f"<{tag}>{number}</{tag}>")

    def strings(self, name: str | None, values: Iterable[str]) -> None:
        """A multi-valued property of strings."""
        with self.obj(name, STRING_VALUES), self.element("LST"):
            for value in values:
                self.string(None, value)

    def timespan(self, name: str | None, span: timedelta) -> None:
        """An EnhancedTimeSpan with the parts that .NET shows."""
        with self.obj(name, TIMESPAN, timespan_text(span)), self.element("Props"):
            self._timespan_parts(span)

    def _timespan_parts(self, span: timedelta) -> None:
        seconds = int(span.total_seconds())
        size = abs(seconds)
        parts = (size // 86400, size // 3600 % 24, size // 60 % 60, size % 60)
        self.scalar("I64", "Ticks", str(seconds * 10_000_000))
        for part_name, part in zip(("Days", "Hours", "Minutes", "Seconds"), parts, strict=True):
            self.int32(part_name, part)
        self.int32("Milliseconds", 0)
        for total, unit in (("TotalDays", 86400), ("TotalHours", 3600), ("TotalMinutes", 60), ("TotalSeconds", 1)):
            self.scalar("Db", total, f"{seconds / unit:.17g}")
        self.scalar("Db", "TotalMilliseconds", str(seconds * 1000))
        self.int32("Sign", (seconds > 0) - (seconds < 0))

    def unlimited(self, name: str, inner: str, value: "timedelta | int | str | None", text: str | None = None) -> None:
        """`Unlimited<inner>`; None is Unlimited."""
        types = (f"{_EXCHANGE_DATA}.Unlimited`1[[{inner}]]", "System.ValueType", OBJECT)
        shown = "Unlimited" if value is None else text or _unlimited_text(value)
        with self.obj(name, types, shown), self.element("Props"):
            self.boolean("IsUnlimited", value is None)
            if value is not None:
                self._limited_value(value, shown)

    def _limited_value(self, value: "timedelta | int | str", shown: str) -> None:
        if isinstance(value, int):
            self.int32("Value", value)
        else:
            # Below the first level the serializer writes a complex value as its text.
            self.string("Value", shown)

    def shown(self, name: str, types: Sequence[str], text: str) -> None:
        """An object of which only its text matters."""
        with self.obj(name, types, text):
            pass


def _named(name: str | None) -> str:
    return "" if name is None else f' N="{escape(name)}"'


def _unlimited_text(value: "timedelta | int | str") -> str:
    return timespan_text(value) if isinstance(value, timedelta) else str(value)
