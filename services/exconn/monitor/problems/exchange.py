"""Problems with Exchange: accounts, rights, addresses, failing cmdlets and sessions."""

from collections.abc import Iterator

from exconn.ledger import AccountTrouble
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import EXCHANGE_FAILED_WITHIN
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.queries import signs
from exconn.stream import Number


class UnreadableTroubleError(ValueError):
    """Something stands among the troubles that is none: whoever looks for them does not see all."""


def accounts(search: ProblemSearch) -> Iterator[Problem]:
    """Accounts, rights and addresses that do not work; jobs wait for their end. After them UnreadableTroubleError."""
    for connector in search.connectors:
        for found in search.live.troubles(connector):
            yield _trouble(connector, found)
    if any(search.live.has_unreadable_troubles(connector) for connector in search.connectors):
        raise UnreadableTroubleError


def _trouble(connector: str, found: AccountTrouble) -> Problem:
    refused = ProblemCode.ACCOUNT_REFUSED if found.account else ProblemCode.CONNECTION_REFUSED
    return Problem(
        code=ProblemCode.RIGHT_MISSING if found.cmdlet else refused,
        connector=connector,
        account=found.account,
        reason=found.code,
        since=found.since,
        values={"right": _right(found)},
    )


def _right(found: AccountTrouble) -> str:
    return f"parameter {found.parameter} of cmdlet {found.cmdlet}" if found.parameter else f"cmdlet {found.cmdlet}"


def failing(search: ProblemSearch) -> Iterator[Problem]:
    """Sessions or cmdlets that Exchange refused lately."""
    numbers = (Number.RUNSPACE_FAILED, Number.CMDLET_FAILED)
    for row in signs.told_since(search.connection, numbers, search.now - EXCHANGE_FAILED_WITHIN):
        yield Problem(
            code=ProblemCode.EXCHANGE_FAILS, connector=row["connector"], count=row["count"], since=row["since"]
        )
