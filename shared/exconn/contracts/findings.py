"""Findings about the record of what happened: nothing that happens later ends them, so a person acknowledges them."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

#: Which finding of a code: the numbers that it is about, such as `12-15`, or `12-15-2` where they were found before, or
#: where something else is wrong with them;
#: `earlier` where no numbers were kept.
FindingName = Annotated[str, StringConstraints(pattern=r"^(?:[0-9]{1,20}-[0-9]{1,20}(?:-[0-9]{1,9})?|earlier)$")]
#: What was found before findings had numbers.
EARLIER = "earlier"


class FindingCode(StrEnum):
    """The codes of those problems that stay until they are acknowledged."""

    LEDGER_SET_BACK = "ledger_set_back"
    RECORDS_MISSING = "records_missing"
    HISTORY_MISSING = "history_missing"
    RECORD_NOT_SIGNED = "record_not_signed"
    JOB_DIFFERS = "job_differs"
    AUDIT_BROKEN = "audit_broken"


def acknowledge_command(code: FindingCode, finding: str) -> str:
    """What to type once it was found out what lies behind a finding."""
    return f"exconn problems acknowledge {code} {finding}"
