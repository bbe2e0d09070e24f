"""Findings about the numbers of the status stream: one row for each, open until a person has acknowledged it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from exconn.contracts.findings import EARLIER, FindingCode
from exconn.keyspace import keys
from exconn.monitor.projector.clean import clean_text
from exconn.monitor.tables import alarms
from exconn.monitor.upsert import insert_missing
from exconn.stream import StatusMessage

#: The alarm of each code.
ALARMS: Mapping[FindingCode, str] = MappingProxyType(
    {
        FindingCode.LEDGER_SET_BACK: "sequence-repeats",
        FindingCode.RECORDS_MISSING: "audit-gap",
        FindingCode.HISTORY_MISSING: "history-missing",
        FindingCode.RECORD_NOT_SIGNED: "record-not-signed",
        FindingCode.JOB_DIFFERS: "job-differs",
        FindingCode.AUDIT_BROKEN: "audit-broken",
    }
)
#: So many of one code are open at a time. Who writes strange numbers without end widens the newest instead.
MOST_OPEN = 20


#: Whether intake was asked to acknowledge the finding of a problem.
WasAsked = Callable[[str, str], bool]


class _Name(NamedTuple):
    """What a finding is called: its numbers, and which one it is where these were found before."""

    low: int
    high: int
    place: int = 1

    @classmethod
    def of(cls, text: str) -> "_Name":
        return cls(*map(int, text.split("-")))

    def __str__(self) -> str:
        return f"{self.low}-{self.high}" + (f"-{self.place}" if self.place > 1 else "")


@dataclass(frozen=True, kw_only=True)
class NumberFinding:
    """Something that was found about the numbers `low` to `high` of a stream; `text` names them in braces."""

    code: FindingCode
    stream: str
    low: int
    high: int
    text: str
    remedy: str

    def row(self, place: int = 1) -> dict[str, object]:
        """Its row, open."""
        name = str(_Name(self.low, self.high, place))
        return {
            "name": ALARMS[self.code],
            "subject": f"{self.stream} {name}",
            "finding": name,
            "raised_at": datetime.now(UTC),
            "text": self.text.format_map(_words(self.low, self.high)),
            "remedy": self.remedy,
            "acknowledged_at": None,
            "acknowledged_by": "",
            "because": "",
        }

    def widened_by(self, other: _Name) -> "NumberFinding":
        """The same over the numbers of another one, too."""
        return replace(self, low=min(self.low, other.low), high=max(self.high, other.high))


def _words(low: int, high: int) -> dict[str, object]:
    """The fields of a text about one message, or about several."""
    if low == high:
        words: dict[str, object] = {"messages": f"message {low}", "s": "s", "are": "is", "were": "was"}
    else:
        words = {"messages": f"messages {low} to {high}", "s": "", "are": "are", "were": "were"}
    return words | {"low": low, "high": high}


def raise_finding(connection: Connection, finding: NumberFinding) -> None:
    """List a finding, under a name that no other one of its code has or had: who acknowledged one has not seen this."""
    name = ALARMS[finding.code]
    of_code = select(alarms).where(alarms.c.name == name, alarms.c.finding != "")
    rows = [(row, _Name.of(row["finding"])) for row in connection.execute(of_code).mappings()]
    last = max((known.place for _, known in rows), default=1)
    is_known = any(known.low <= finding.low and finding.high <= known.high for _, known in rows)
    are_open = [(row, known) for row, known in rows if row["acknowledged_at"] is None]
    if len(are_open) >= MOST_OPEN:
        # Those of the same millisecond are told apart by their numbers.
        newest, numbers = max(are_open, key=lambda each: (each[0]["raised_at"], each[1].high))
        connection.execute(delete(alarms).where(alarms.c.name == name, alarms.c.subject == newest["subject"]))
        finding = finding.widened_by(numbers)
        # Its place is kept above all that went with such rows, and its numbers are around theirs.
        is_known = is_known or last > 1
    connection.execute(insert(alarms), [finding.row(last + 1 if is_known else 1)])


def keep_finding(connection: Connection, finding: NumberFinding) -> None:
    """List a finding that is found at each start; one that was acknowledged stays so."""
    insert_missing(connection, alarms, [finding.row()])


def acknowledge(connection: Connection, message: StatusMessage, was_asked: WasAsked) -> None:
    """Take the finding that `message` names off the list, and keep who has said so, and why.

    Every service may write the message: where intake was not asked to, it is a finding itself.
    """
    told = {name: clean_text(str(message.data.get(name, ""))) for name in ("problem", "finding", "because")}
    if told["problem"] not in set(FindingCode):
        return
    if not was_asked(told["problem"], told["finding"]):
        raise_finding(connection, _not_asked(message))
        return
    # Rows of an earlier version do not say which numbers they are about.
    named = [told["finding"], *([""] if told["finding"] == EARLIER else [])]
    its_row = (
        alarms.c.name == ALARMS[FindingCode(told["problem"])],
        alarms.c.finding.in_(named),
        alarms.c.acknowledged_at.is_(None),
    )
    connection.execute(
        update(alarms)
        .where(*its_row)
        .values(acknowledged_at=message.at, acknowledged_by=clean_text(message.by), because=told["because"])
    )


def _not_asked(message: StatusMessage) -> NumberFinding:
    return NumberFinding(
        code=FindingCode.RECORD_NOT_SIGNED,
        stream=keys.STATUS,
        low=message.sequence,
        high=message.sequence,
        text="{messages} say{s} that a problem was acknowledged, and intake was not asked to",
        remedy="find out who wrote it, and look at the problem that it names",
    )
