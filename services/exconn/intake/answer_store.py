"""The first answer to each request, kept so that the same bytes get the same answer and other bytes get none.

A nonce is reserved with the digest of its bytes before anything is done; the answer is added afterwards. A
reservation without answer means that the same bytes are to be worked on again, which is safe.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from exconn.contracts import Answer
from exconn.contracts.refusals import Refusal
from exconn.keyspace import keys
from exconn.signing.errors import Refused

if TYPE_CHECKING:
    import redis

#: Longer than a job's idempotency key (a day), so that a nonce never loses its meaning before it.
KEPT = timedelta(hours=26)


class AnswerStore:
    """The answers on the ledger server, by requester and nonce. `client` answers in text."""

    def __init__(self, client: "redis.Redis", *, kept: timedelta = KEPT) -> None:
        self._client = client
        self._kept_ms = int(kept.total_seconds() * 1000)

    def reserve(self, requester: str, nonce: str, digest: str) -> Answer | None:
        """Bind a nonce to its bytes; the first answer when there is one already. Raises Refused (replayed)."""
        key = keys.answer(requester, nonce)
        before = cast("str | None", self._client.set(key, f"{digest} ", nx=True, get=True, px=self._kept_ms))
        if before is None:
            return None
        known, _, answer = before.partition(" ")
        if known != digest:
            remedy = "use a new nonce for a new request"
            raise Refused(Refusal.REPLAYED, "the nonce was used before with other content", remedy=remedy)
        return Answer.model_validate_json(answer) if answer else None

    def keep(self, requester: str, digest: str, answer: Answer) -> None:
        """Keep the answer to a reserved nonce."""
        value = f"{digest} {answer.model_dump_json()}"
        self._client.set(keys.answer(requester, answer.request), value, px=self._kept_ms)

    def find(self, requester: str, nonce: str) -> Answer | None:
        """The answer that was given, or None."""
        found = cast("str | None", self._client.get(keys.answer(requester, nonce)))
        _, _, answer = (found or "").partition(" ")
        return Answer.model_validate_json(answer) if answer else None
