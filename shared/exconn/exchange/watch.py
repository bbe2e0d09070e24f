"""The interface of an observer of a session's commands, and which errors are refusals of its account."""

from collections.abc import Iterable
from typing import Protocol

from exconn.exchange.errors import ExchangeError, Unauthorized


class Watch(Protocol):
    """Is told what happens to a session's commands, and may stop the next one."""

    def before_reading(self) -> None:
        """Raises Throttled when nothing is to be sent now."""

    def warned(self, warnings: Iterable[str]) -> None:
        """What Exchange warned of."""

    def failed(self, error: ExchangeError) -> None:
        """A command of the session failed."""


def is_refusal(error: BaseException) -> bool:
    """Whether Exchange refused name and password; what an account may not do once it is in, is no refusal."""
    return type(error) is Unauthorized
