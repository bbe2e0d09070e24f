"""Receiving a request, whichever way it came: admit it, ring for its job, say in the log what became of it."""

import hashlib
import time

from exconn.contracts import Answer
from exconn.contracts.refusals import Refusal
from exconn.doorbell import Bell, BellError
from exconn.intake.admit import Admitted, admit
from exconn.intake.context import IntakeContext
from exconn.intake.ringer import Ringer
from exconn.ledger import LedgerFullError, LedgerOutOfReachError, Ring
from exconn.ledger.refused_requests import RefusedRequest, RefusedRequests
from exconn.logs import get_logger

#: Who says that many were refused.
_BY = "intake"


class Receiver:
    """Takes envelopes in. Threads may share it."""

    def __init__(self, context: IntakeContext, bell: Bell | Ringer) -> None:
        self.context = context
        self._bell = bell
        self._refused = RefusedRequests(context.client)
        self._log = get_logger(__name__)

    def receive(self, raw: bytes | str, *, way: str) -> Answer:
        """The answer to the envelope in `raw`; `way` is http, http-loopback or celery."""
        admitted = admit(raw, self.context, source=way)
        if admitted.ring is not None:
            self._ring(admitted.ring, admitted.connector)
        self._report(raw, admitted, way)
        return admitted.answer

    def _ring(self, ring: Ring, connector: str) -> None:
        try:
            self._bell.ring(ring, connector)
        except BellError as exc:
            # Accepted is accepted: the coordinator rings for it within seconds.
            self._log.warning("doorbell not rung", job=ring.job_id, detail=exc.detail)

    def _report(self, raw: bytes | str, admitted: Admitted, way: str) -> None:
        answer = admitted.answer
        fields = {"way": way, "requester": admitted.requester or "unverified", "status": answer.status}
        if answer.status == "accepted":
            self._log.info("request accepted", job=answer.job or "", nonce=answer.request, **fields)
            return
        body = raw.encode() if isinstance(raw, str) else raw
        digest = hashlib.sha256(body).hexdigest()
        self._log.warning("request not accepted", error=answer.error or "", digest=digest, size=len(body), **fields)
        if answer.status == "refused" and answer.error != Refusal.NO_REGISTRY:
            self._count(admitted, digest, len(body), way)

    def _count(self, admitted: Admitted, digest: str, size: int, way: str) -> None:
        """Count what was refused; who is not known to have signed it leaves a record."""
        fault, refused = admitted.answer.error or "", self._refused
        try:
            if admitted.requester is not None:
                refused.count(fault, by=_BY)
                return
            at = int(time.time() * 1000)
            record = RefusedRequest(at=at, fault=fault, key=admitted.key, source=way, digest=digest, size=size)
            refused.keep(record, by=_BY)
        except (LedgerOutOfReachError, LedgerFullError) as exc:
            self._log.warning("refused request not counted", reason=type(exc).__name__)
