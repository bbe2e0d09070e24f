"""What an account may use: shells, cmdlets in a time, and from when on its cmdlets are delayed."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exconn.simulator.cmdlets import failures
from exconn.simulator.errors import BadRequest

if TYPE_CHECKING:
    from exconn.simulator.protocol.shell import ShellTable


class AccountLimitSettings(BaseModel):
    """The limits of every account; 0 cmdlets means that none is counted, 0 ms that none is delayed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shells: int = Field(default=18, ge=1, le=1000)
    idle_seconds: float = Field(default=900.0, gt=0, le=86_400)
    cmdlets: int = Field(default=0, ge=0, le=1_000_000)
    period_seconds: float = Field(default=60.0, gt=0, le=86_400)
    delay_after: int = Field(default=0, ge=0, le=1_000_000)
    delay_milliseconds: int = Field(default=0, ge=0, le=600_000)


class AccountLimits:
    """Counts cmdlets by account, over all servers."""

    def __init__(self, settings: AccountLimitSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock = clock
        self._lock = Lock()
        self._ran: dict[str, deque[float]] = {}

    def spend(self, account: str) -> None:
        """One cmdlet more; the fault of a used-up budget says how long to wait."""
        settings, now = self.settings, self._clock()
        with self._lock:
            ran = self._ran.setdefault(account, deque())
            while ran and ran[0] <= now - settings.period_seconds:
                ran.popleft()
            if settings.cmdlets and len(ran) >= settings.cmdlets:
                wait = ran[0] + settings.period_seconds - now
                raise failures.budget_exceeded(wait, settings.cmdlets, settings.period_seconds)
            ran.append(now)

    def delay(self, account: str) -> float:
        """Seconds that the account's cmdlet is delayed."""
        settings = self.settings
        with self._lock:
            ran = len(self._ran.get(account, ()))
        return settings.delay_milliseconds / 1000 if ran > settings.delay_after else 0.0

    def change(self, settings: AccountLimitSettings) -> None:
        """Other limits, from the next cmdlet on."""
        with self._lock:
            self.settings = settings
            self._ran.clear()


class LimitOrders:
    """`GET /limits`, `POST /limits` with those that are to change, `DELETE /limits`."""

    def __init__(self, limits: AccountLimits, shells: "ShellTable") -> None:
        self._limits = limits
        self._shells = shells
        self._first = limits.settings

    @property
    def routes(self) -> dict[tuple[str, str], Callable[[list[str], dict[str, str], dict[str, Any]], dict[str, Any]]]:
        """What the control port offers."""
        return {("GET", "limits"): self._show, ("POST", "limits"): self._order, ("DELETE", "limits"): self._restore}

    def _show(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        return self._limits.settings.model_dump()

    def _order(self, _path: list[str], _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        try:
            wanted = AccountLimitSettings.model_validate({**self._limits.settings.model_dump(), **body})
        except ValidationError as exc:
            first = exc.errors()[0]
            fields = ", ".join(AccountLimitSettings.model_fields)
            raise BadRequest(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", f"fields: {fields}") from exc
        return self._enter(wanted)

    def _restore(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        return self._enter(self._first)

    def _enter(self, settings: AccountLimitSettings) -> dict[str, Any]:
        self._limits.change(settings)
        self._shells.limit_to(settings.shells, settings.idle_seconds)
        return settings.model_dump()
