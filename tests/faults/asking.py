"""What a requester does: sign a request, and send the same bytes until they are answered."""

from datetime import UTC, datetime, timedelta

import httpx2

from exconn.contracts import Answer, Request
from exconn.contracts.request import RequestKind, Target
from exconn.signing import SigningKey, sign
from tests.support.fault_runs.setting import REQUESTER, audience_at, new_nonce
from tests.support.system.cluster import Cluster

_ANSWER_WITHIN_SECONDS = 10.0


class Asked:
    """One request; whoever sends it again sends what was signed first."""

    def __init__(
        self,
        cluster: Cluster,
        key: SigningKey,
        kind: RequestKind,
        connector: str,
        target: Target,
        nonce: str = "",
    ) -> None:
        asked = datetime.now(UTC)
        request = Request(
            kind=kind,
            audience=audience_at(cluster, connector),
            connector=connector,
            target=target,
            reason="campaign",
            requester=REQUESTER,
            nonce=nonce or new_nonce(),
            present_by=asked + timedelta(minutes=10),
            valid_until=asked + timedelta(hours=1),
        )
        self._body = sign(request, key).model_dump_json()

    def send(self, door: str) -> Answer | None:
        """The answer of the intake at that address; None when none came, or it may come to another one later."""
        try:
            reply = httpx2.post(
                f"{door}/v1/requests", content=self._body, timeout=_ANSWER_WITHIN_SECONDS, trust_env=False
            )
            answer = Answer.model_validate_json(reply.content)
        except (httpx2.TransportError, ValueError):
            return None
        return None if answer.status == "unconfirmed" else answer
