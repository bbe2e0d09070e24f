"""Problems with Exchange: accounts, rights, addresses, failing cmdlets and sessions."""

from collections.abc import Iterator, Mapping
from typing import Any

from exconn.monitor.instant import from_ms
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.search import ProblemSearch
from exconn.monitor.problems.table import EXCHANGE_FAILED_WITHIN
from exconn.monitor.queries import signs
from exconn.stream import Number


def accounts(search: ProblemSearch) -> Iterator[Problem]:
    """Accounts, rights and addresses that do not work; jobs wait for their end."""
    for connector in search.connectors:
        for found in search.live.troubles(connector):
            if not found.get("over"):
                yield _trouble(connector, found)


def _trouble(connector: str, found: Mapping[str, Any]) -> Problem:
    account = str(found.get("account") or "")
    refused = ProblemCode.ACCOUNT_REFUSED if account else ProblemCode.CONNECTION_REFUSED
    since = str(found.get("since") or "")
    return Problem(
        code=ProblemCode.RIGHT_MISSING if found.get("cmdlet") else refused,
        connector=connector,
        account=account,
        reason=str(found.get("code") or ""),
        since=from_ms(int(since)) if since.isdigit() else None,
        values={"right": _right(found)},
    )


def _right(found: Mapping[str, Any]) -> str:
    parameter, cmdlet = found.get("parameter"), found.get("cmdlet")
    return f"parameter {parameter} of cmdlet {cmdlet}" if parameter else f"cmdlet {cmdlet}"


def failing(search: ProblemSearch) -> Iterator[Problem]:
    """Sessions or cmdlets that Exchange refused lately."""
    numbers = (Number.RUNSPACE_FAILED, Number.CMDLET_FAILED)
    for row in signs.told_since(search.connection, numbers, search.now - EXCHANGE_FAILED_WITHIN):
        yield Problem(
            code=ProblemCode.EXCHANGE_FAILS, connector=row["connector"], count=row["count"], since=row["since"]
        )
