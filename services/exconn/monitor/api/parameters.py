"""What questions may carry, as /openapi.json says it. Words that must exist are checked where the answer is made."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query

from exconn.contracts import ClientClass, Kind
from exconn.monitor.answers.filters import SEVERITIES, STATES
from exconn.monitor.answers.steps import ACTION_PHASES
from exconn.monitor.queries.cursor import ALPHABET
from exconn.monitor.queries.page import MAX_LIMIT
from exconn.stream import Severity as Letter

#: The largest number that a database holds.
MAX_SEQUENCE = 2**63 - 1
#: Longer than any cursor.
MAX_CURSOR = 2000


def _one_of(words: Iterable[str]) -> dict[str, Any]:
    return {"enum": ["", *words]}


Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="the most rows to return")]
Word = Annotated[str, Query(max_length=200)]
Connector = Annotated[str, Query(max_length=200, description="the name of a connector that there is; empty: all")]
JobKind = Annotated[str, Query(max_length=200, json_schema_extra=_one_of(Kind))]
JobState = Annotated[str, Query(max_length=200, description="a state or an outcome", json_schema_extra=_one_of(STATES))]
ActionPhase = Annotated[str, Query(max_length=200, json_schema_extra=_one_of(ACTION_PHASES))]
Client = Annotated[str, Query(max_length=200, json_schema_extra=_one_of(ClientClass))]
Severity = Annotated[str, Query(max_length=200, json_schema_extra=_one_of([*SEVERITIES, *Letter]))]
Sequence = Annotated[
    int | None, Query(ge=0, le=MAX_SEQUENCE, description="the sequence to go on from; absent: the newest")
]
After = Annotated[
    str,
    Query(
        max_length=MAX_CURSOR,
        description="`next` of the previous answer to the same question, as it was given; anything else is a 400",
        json_schema_extra={"pattern": f"^[{ALPHABET}]*$"},
    ),
]
