"""The first answer to each request, kept so that the same bytes get the same answer and other bytes get none.

A nonce is reserved with the digest of its bytes before anything is done; the answer is added afterwards. A
reservation without answer means that the same bytes are to be worked on again, which is safe.

A value is the digest of the bytes that the requester signed, a space, the answer as JSON, and where intake has a key, a
line feed and its signature of the answer: who asked through Celery finds the answer here.

On a full server only requests are taken that bring no new work in, such as the kill switch; so many of each requester
that what they add to the server's memory is bounded.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from redis.exceptions import OutOfMemoryError

from exconn.contracts import Answer
from exconn.contracts.refusals import Refusal
from exconn.keyspace import keys
from exconn.ledger import LedgerFullError
from exconn.ledger.caller import Caller
from exconn.signing import SigningKey
from exconn.signing.answer_signature import sign_answer
from exconn.signing.errors import Refused

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

#: Longer than a job's idempotency key (a day), so that a nonce never loses its meaning before it.
KEPT = timedelta(hours=26)


#: So many answers of one requester are kept while the server is full, each for `KEPT`; most have less than 1 kB.
MOST_WHEN_FULL = 1000


@dataclass(frozen=True)
class StoredAnswer:
    """An answer, with the digest of what it answers."""

    digest: str
    answer: Answer


class AnswerStore:
    """The answers on the ledger server, by requester and nonce. `client` answers in text; `key` signs them."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        key: SigningKey | None = None,
        kept: timedelta = KEPT,
        most_when_full: int = MOST_WHEN_FULL,
    ) -> None:
        self._client = client
        self._key = key
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
        known, answer = _parts(before)
        if known != digest:
            remedy = "use a new nonce for a new request"
            raise Refused(Refusal.REPLAYED, "the nonce was used before with other content", remedy=remedy)
        return Answer.model_validate_json(answer) if answer else None

    def keep(self, requester: str, digest: str, answer: Answer) -> None:
        """Keep the answer to a reserved nonce."""
        shown = answer.model_dump_json()
        value = f"{digest} {shown}"
        if self._key is not None:
            value += "\n" + sign_answer(shown.encode(), digest, self._key)
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

    def find(self, requester: str, nonce: str) -> StoredAnswer | None:
        """The answer that was given, or None."""
        digest, answer = _parts(cast("str | None", self._client.get(keys.answer(requester, nonce))) or "")
        return StoredAnswer(digest, Answer.model_validate_json(answer)) if answer else None


def _parts(value: str) -> tuple[str, str]:
    """Digest and answer; the answer of a nonce that is only reserved is empty."""
    digest, _, rest = value.partition(" ")
    return digest, rest.partition("\n")[0]
