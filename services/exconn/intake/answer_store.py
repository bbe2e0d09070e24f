"""The first answer to each request, kept so that the same bytes get the same answer and other bytes get none.

A nonce is reserved with the digest of its bytes before anything is done; the answer is added afterwards. A
reservation without answer means that the same bytes are to be worked on again, which is safe.

On a full server only requests are taken that bring no new work in, such as the kill switch; so many of each requester
that what they add to the server's memory is bounded.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from redis.exceptions import OutOfMemoryError

from exconn.contracts import Answer
from exconn.contracts.refusals import Refusal
from exconn.keyspace import keys
from exconn.ledger import LedgerFullError
from exconn.ledger.caller import Caller
from exconn.signing.errors import Refused

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

#: Longer than a job's idempotency key (a day), so that a nonce never loses its meaning before it.
KEPT = timedelta(hours=26)


#: So many answers of one requester are kept while the server is full, each for `KEPT`; most have less than 1 kB.
MOST_WHEN_FULL = 1000


class AnswerStore:
    """The answers on the ledger server, by requester and nonce. `client` answers in text."""

    def __init__(self, client: "redis.Redis", *, kept: timedelta = KEPT, most_when_full: int = MOST_WHEN_FULL) -> None:
        self._client = client
        self._caller = Caller(client)
        self._kept_ms = int(kept.total_seconds() * 1000)
        self._most_when_full = most_when_full

    def ask_to_reserve(self, pipe: "Pipeline", requester: str, nonce: str, digest: str) -> None:
        """Put into a pipeline what binds a nonce to its bytes."""
        pipe.set(keys.answer(requester, nonce), f"{digest} ", nx=True, get=True, px=self._kept_ms)

    def reserved(
        self, requester: str, nonce: str, digest: str, reply: object, *, when_full: bool = False
    ) -> Answer | None:
        """The first answer when there is one already. A full server is asked once more, `when_full`.

        Raises Refused (replayed), and LedgerFullError when the server takes no more.
        """
        if isinstance(reply, OutOfMemoryError) and when_full:
            before = self._when_full(requester, nonce, f"{digest} ", is_new=True)
        else:
            before = cast("str | None", self._caller.answered("reserve", reply))
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
        try:
            self._client.set(keys.answer(requester, answer.request), value, px=self._kept_ms)
        except OutOfMemoryError:
            self._when_full(requester, answer.request, value, is_new=False)

    def _when_full(self, requester: str, nonce: str, value: str, *, is_new: bool) -> str | None:
        parameters = {"requester": requester, "nonce": nonce, "value": value, "is_new": is_new}
        found = self._caller.call("keep_answer", parameters | {"kept": self._kept_ms, "most": self._most_when_full})
        if "error" in found:
            raise LedgerFullError
        return found.get("before")

    def find(self, requester: str, nonce: str) -> Answer | None:
        """The answer that was given, or None."""
        found = cast("str | None", self._client.get(keys.answer(requester, nonce)))
        _, _, answer = (found or "").partition(" ")
        return Answer.model_validate_json(answer) if answer else None
