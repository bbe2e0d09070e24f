"""A status message: what happened, when, to which job; free of personal data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from exconn.contracts import KINDS, Kind, reason_text
from exconn.keyspace.written import parsed
from exconn.stream.catalog import CATALOG, CatalogEntry, Severity

#: The newest format of a stream record that this version reads.
FORMAT = 1

_BY_NUMBER = {int(number): entry for number, entry in CATALOG.items()}
_UNKNOWN = CatalogEntry(Severity.WARNING, "A message of a newer version")


class UnreadableMessageError(ValueError):
    """A stream record that is no status message of a format we know."""


class NewerMessageError(UnreadableMessageError):
    """A stream record that a newer version wrote in a form unknown to this one."""


@dataclass(frozen=True, kw_only=True)
class StatusMessage:
    """One record of the status stream.

    `sequence` is the gapless audit number; `number` the catalogue number; `at` the ledger server's time, aware UTC.
    `data` holds the fields that the text names, and the facts that the read model needs.
    """

    id: str
    sequence: int
    number: int
    connector: str
    at: datetime
    by: str = ""
    job: str = ""
    kind: str = ""
    state: str = ""
    phase: str = ""
    epoch: int = 0
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """The severity that the catalogue gives."""
        return self._entry().severity

    @property
    def text(self) -> str:
        """The catalogue's text with its fields filled in."""
        text = self._entry().text
        # Most name no field.
        return text.format_map(_Shown({"label": self._label(), **self.data})) if "{" in text else text

    def _label(self) -> str:
        return KINDS[Kind(self.kind)].label if self.kind in KINDS else self.kind or "action"

    def _entry(self) -> CatalogEntry:
        return _BY_NUMBER.get(self.number, _UNKNOWN)


class _Shown(dict[str, object]):
    def __getitem__(self, key: str) -> object:
        found = super().__getitem__(key)
        return reason_text(found, self) if key == "reason" and isinstance(found, str) else found

    def __missing__(self, key: str) -> str:
        return "?"


def parse_message(record_id: str, fields: Mapping[str, str]) -> StatusMessage:
    """The message in a stream record. Raises UnreadableMessageError."""
    try:
        if int(fields["v"]) > FORMAT:
            raise NewerMessageError(f"record {record_id} has format {fields['v']}: upgrade the reader")
        return StatusMessage(
            id=record_id,
            sequence=int(fields["seq"]),
            number=int(fields["n"]),
            connector=fields["connector"],
            at=datetime.fromtimestamp(int(fields["at"]) / 1000, UTC),
            by=fields.get("by", ""),
            job=fields.get("job", ""),
            kind=fields.get("kind", ""),
            state=fields.get("state", ""),
            phase=fields.get("phase", ""),
            epoch=int(fields.get("epoch") or 0),
            data=_data(fields.get("data")),
        )
    except NewerMessageError:
        raise
    except (KeyError, ValueError, TypeError, OverflowError, OSError) as exc:
        raise UnreadableMessageError(f"record {record_id}: {exc}") from exc


def _data(text: str | None) -> Mapping[str, object]:
    found = parsed(text) if text else {}
    if isinstance(found, list) and not found:  # an empty Lua table has no shape
        return {}
    if not isinstance(found, dict):
        raise UnreadableMessageError("data is no object")
    return found
