"""Findings about the numbers of the status stream: one row for each, open until a person has acknowledged it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Connection, delete, select, update

from exconn.contracts.findings import EARLIER, FindingCode
from exconn.monitor.projector.clean import clean_text
from exconn.monitor.tables import alarms
from exconn.monitor.upsert import insert_missing, upsert
from exconn.stream import StatusMessage

#: The alarm of each code.
ALARMS: Mapping[FindingCode, str] = MappingProxyType(
    {
        FindingCode.LEDGER_SET_BACK: "sequence-repeats",
        FindingCode.RECORDS_MISSING: "audit-gap",
        FindingCode.HISTORY_MISSING: "history-missing",
    }
)
#: So many of one code are open at a time. Who writes strange numbers without end widens the newest instead.
MOST_OPEN = 20


@dataclass(frozen=True, kw_only=True)
class NumberFinding:
    """Something that was found about the numbers `low` to `high` of a stream; `text` names both in braces."""

    code: FindingCode
    stream: str
    low: int
    high: int
    text: str
    remedy: str

    def row(self) -> dict[str, object]:
        """Its row, open."""
        name = f"{self.low}-{self.high}"
        return {
            "name": ALARMS[self.code],
            "subject": f"{self.stream} {name}",
            "finding": name,
            "raised_at": datetime.now(UTC),
            "text": self.text.format(low=self.low, high=self.high),
            "remedy": self.remedy,
            "acknowledged_at": None,
            "acknowledged_by": "",
            "because": "",
        }

    def widened_by(self, finding: str) -> "NumberFinding":
        """The same over the numbers of another one, too."""
        low, high = int(finding.partition("-")[0]), _highest(finding)
        return NumberFinding(
            code=self.code,
            stream=self.stream,
            low=min(self.low, low),
            high=max(self.high, high),
            text=self.text,
            remedy=self.remedy,
        )


def raise_finding(connection: Connection, finding: NumberFinding) -> None:
    """List a finding; one of the same numbers that was acknowledged is open again, as it has happened again."""
    name = ALARMS[finding.code]
    is_open = (alarms.c.name == name, alarms.c.acknowledged_at.is_(None), alarms.c.finding != "")
    rows = connection.execute(select(alarms).where(*is_open)).mappings().all()
    if len(rows) >= MOST_OPEN:
        # Those of the same millisecond are told apart by their numbers.
        newest = max(rows, key=lambda row: (row["raised_at"], _highest(row["finding"])))
        connection.execute(delete(alarms).where(alarms.c.name == name, alarms.c.subject == newest["subject"]))
        finding = finding.widened_by(newest["finding"])
    upsert(connection, alarms, [finding.row()])


def _highest(finding: str) -> int:
    return int(finding.rpartition("-")[2])


def keep_finding(connection: Connection, finding: NumberFinding) -> None:
    """List a finding that is found at each start; one that was acknowledged stays so."""
    insert_missing(connection, alarms, [finding.row()])


def acknowledge(connection: Connection, message: StatusMessage) -> None:
    """Take the finding that `message` names off the list, and keep who has said so, and why."""
    told = {name: clean_text(str(message.data.get(name, ""))) for name in ("problem", "finding", "because")}
    if told["problem"] not in set(FindingCode):
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
