"""Troubles of an account: a refused password, a missing right, a connection that cannot be used.

Each is kept once for all jobs. Jobs wait for its end; one of them tries now and then, with growing pauses, so that an
account is not locked by many tries. When it works again, all that waited for it is due.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, cast

from exconn.keyspace import keys
from exconn.keyspace.written import MALFORMED, parsed
from exconn.ledger.bounds import AT_ONCE
from exconn.ledger.caller import Caller
from exconn.ledger.parameters import ms
from exconn.stream import Number

if TYPE_CHECKING:
    import redis

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
#: How long the others leave a try to the one who makes it.
TRY_WITHIN = timedelta(seconds=30)
#: So many of those that wait, the oldest, come when the next try is due. One of them makes it.
FIRST_IN_LINE = 5
#: The others are woken when it works; so much later they come by themselves.
OTHERS_LATER = timedelta(minutes=15)
#: Jobs that are made due before a worker goes on with its own; the rest is left to coordinators.
MOST_WOKEN = 500


@dataclass(frozen=True, kw_only=True)
class AccountTrouble:
    """What does not work. `code` is a reason of `TROUBLES`; `cmdlet` and `parameter` are set where a right is missing,
    and `account` is empty where nobody can use the connection.

    `needs` are the kinds and phases of job that met a missing right. `over`: it works again, and the last of the jobs
    that waited are being made due. `waiting` is how many wait.
    """

    code: str
    account: str = ""
    cmdlet: str = ""
    parameter: str = ""
    said: str = ""
    role: str = ""
    needs: frozenset[str] = frozenset()
    since: datetime | None = None
    failures: int = 0
    next_try: datetime | None = None
    over: bool = False
    waiting: int = 0

    @property
    def name(self) -> str:
        """By which jobs and calls name it."""
        if self.cmdlet:
            return ":".join(filter(None, ("right", self.account, self.cmdlet, self.parameter)))
        return f"account:{self.account}" if self.account else "connection"

    @property
    def subject(self) -> str:
        """What does not work, for people."""
        right = f"parameter {self.parameter} of {self.cmdlet}" if self.parameter else self.cmdlet
        if self.account:
            return f"{right} for account {self.account}" if right else f"account {self.account}"
        return "the connector's address"

    def concerns(self, account: str, need: str) -> bool:
        """Whether a job that uses `account` for `need` has to wait for its end."""
        if self.account not in ("", account):
            return False
        return not self.cmdlet or need in self.needs


@dataclass(frozen=True, kw_only=True)
class Admission:
    """May something be tried? If so, `seen` counts the failures before of each trouble; if not, `trouble` forbids it,
    for `wait` at least."""

    admitted: bool
    seen: Mapping[str, int]
    trouble: str = ""
    wait: timedelta = timedelta(0)


class AccountTroubles:
    """The troubles of all connectors."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        first_pause: timedelta = FIRST_PAUSE,
        longest_pause: timedelta = LONGEST_PAUSE,
        try_within: timedelta = TRY_WITHIN,
    ) -> None:
        self._client = client
        self._caller = Caller(client)
        self._pauses = {"first_pause": ms(first_pause), "longest_pause": ms(longest_pause)}
        self._try_within = ms(try_within)

    def known(self, connector: str) -> list[AccountTrouble]:
        """All of a connector, also those that are over while the last of their jobs are made due. One quick call.

        What cannot be read is none: somebody else wrote it, and it keeps no job from anything.
        """
        return [each for each in map(_trouble_or_none, self._texts(connector)) if each is not None]

    def has_unreadable(self, connector: str) -> bool:
        """Whether something stands among them that nobody can read."""
        return None in map(_trouble_or_none, self._texts(connector))

    def present(self, connector: str) -> list[AccountTrouble]:
        """Those that are not over, the oldest first, each with how many jobs wait for its end."""
        found = [each for each in self.known(connector) if not each.over]
        counted = [replace(each, waiting=self._waiting(connector, each.name)) for each in found]
        return sorted(counted, key=lambda each: (each.since or datetime.min.replace(tzinfo=UTC), each.name))

    def may_try(self, connector: str, names: Iterable[str]) -> Admission:
        """May the caller try what these troubles are about? One is admitted at a time."""
        parameters = {"connector": connector, "troubles": sorted(names), "try_within": self._try_within}
        found = self._caller.call("trouble_try", parameters)
        if found["admitted"]:
            return Admission(admitted=True, seen={name: int(count) for name, count in dict(found["seen"]).items()})
        wait = timedelta(milliseconds=int(found["wait"]))
        return Admission(admitted=False, seen={}, trouble=found["trouble"], wait=wait)

    def found(
        self,
        connector: str,
        trouble: AccountTrouble,
        *,
        by: str,
        need: str = "",
        seen: int = 0,
        wait: timedelta = timedelta(0),
    ) -> timedelta:
        """The caller, who knew of `seen` failures, found that something does not work: how long to the next try.

        `wait`: nothing was tried now, as tries are used up for that long.
        """
        parameters = {
            "connector": connector,
            "trouble": trouble.name,
            "code": trouble.code,
            "account": trouble.account,
            "cmdlet": trouble.cmdlet,
            "parameter": trouble.parameter,
            "said": trouble.said,
            "role": trouble.role,
            "need": need,
            "seen": seen,
            "wait": ms(wait),
            "spread": random.uniform(0.8, 1.0),  # noqa: S311  (no secret: many accounts are not to come at once)
            "number": _number(trouble),
            "by": by,
            **self._pauses,
        }
        found = self._caller.call("trouble_found", parameters)
        return timedelta(milliseconds=int(found["wait"]))

    def over(self, connector: str, trouble: AccountTrouble, *, by: str, dropped: bool = False) -> int:
        """It works again, or (`dropped`) nobody uses it any more: jobs that waited are due. How many are left to wake.

        Safe to repeat; what is left is woken by the next call, whoever makes it.
        """
        parameters = {
            "connector": connector,
            "trouble": trouble.name,
            "subject": trouble.subject,
            "number": Number.TROUBLE_DROPPED if dropped else Number.TROUBLE_OVER,
            "limit": min(AT_ONCE, MOST_WOKEN),
            "by": by,
        }
        left = 0
        for _ in range(ceil(MOST_WOKEN / AT_ONCE)):
            left = int(self._caller.call("trouble_over", parameters)["left"])
            if not left:
                break
        return left

    def wake(self, connector: str, *, by: str) -> None:
        """Go on waking the jobs of troubles that are over: what a caller of `over` left."""
        for trouble in self.known(connector):
            if trouble.over:
                self.over(connector, trouble, by=by)

    def try_now(self, connector: str, accounts: Iterable[str], *, by: str) -> None:
        """The connector was defined anew: what is in trouble is tried at once, and what it uses no more is dropped."""
        used = {"", *accounts}
        for trouble in self.known(connector):
            if trouble.account in used:
                parameters = {"connector": connector, "trouble": trouble.name, "first_in_line": FIRST_IN_LINE}
                self._caller.call("trouble_now", parameters)
            else:
                self.over(connector, trouble, by=by, dropped=True)

    def forget(self, connector: str, *, by: str) -> None:
        """The connector was removed, and its jobs are cancelled: nothing of its troubles stays."""
        for trouble in self.known(connector):
            while self.over(connector, trouble, by=by, dropped=True):
                continue

    def _texts(self, connector: str) -> list[str]:
        return cast("list[str]", self._caller.reach("troubles", lambda: self._client.hvals(keys.troubles(connector))))

    def _waiting(self, connector: str, name: str) -> int:
        found = self._caller.reach("troubles", lambda: self._client.zcard(keys.awaiting(connector, name)))
        return int(found)


def _number(trouble: AccountTrouble) -> Number:
    if trouble.cmdlet:
        return Number.RIGHT_MISSING
    return Number.ACCOUNT_REFUSED if trouble.account else Number.CONNECTION_REFUSED


def _trouble_or_none(text: str) -> AccountTrouble | None:
    try:
        return _trouble(parsed(text))
    except MALFORMED:
        return None


def _trouble(kept: Mapping[str, Any]) -> AccountTrouble:
    return AccountTrouble(
        code=str(kept["code"]),
        account=str(kept.get("account") or ""),
        cmdlet=str(kept.get("cmdlet") or ""),
        parameter=str(kept.get("parameter") or ""),
        said=str(kept.get("said") or ""),
        role=str(kept.get("role") or ""),
        needs=frozenset(str(kept.get("needs") or "").split()),
        since=_time(kept["since"]),
        failures=int(kept["failures"]),
        next_try=_time(kept["next"]),
        over=bool(kept.get("over")),
    )


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
