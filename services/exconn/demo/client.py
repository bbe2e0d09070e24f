"""The demo as a user: signed requests to intake, reads from the monitor and the simulator's control port."""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx2

from exconn.contracts import Answer, Request
from exconn.contracts.request import Audience, RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.demo.place import CONNECTOR, OPERATOR, DemoPlace
from exconn.signing import SigningKey, load_service_public_key, sign
from exconn.signing.answer_signature import HEADER, is_signed

T = TypeVar("T")

TIMEOUT = httpx2.Timeout(10.0)


class StoryError(Exception):
    """The story can't go on: what was expected, and what was seen."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """Talks to a running demo."""

    place: DemoPlace
    control_url: str
    key: SigningKey
    alive: Callable[[], None]

    def ask(
        self,
        kind: RequestKind,
        target: Target | None = None,
        *,
        reason: str = "demo",
        shown: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Send a signed request; `shown` is the device as the monitor shows it. Raises StoryError unless accepted."""
        now, nonce = datetime.now(UTC), secrets.token_urlsafe(18)
        seen = None if shown is None else seen_of_shown(nonce, shown)
        request = Request(
            kind=kind,
            audience=Audience(deployment=CONNECTOR, organization=self._organization() if shown else None),
            connector=CONNECTOR,
            target=(target or Target()).model_copy(update={"seen": seen}),
            reason=reason,
            requester=OPERATOR,
            nonce=nonce,
            present_by=now + timedelta(minutes=5),
            valid_until=now + timedelta(hours=72),
        )
        body = sign(request, self.key).model_dump_json().encode()
        reply = httpx2.post(f"{self.place.intake_url}/v1/requests", content=body, timeout=TIMEOUT, trust_env=False)
        self._check(reply, body)
        answer = Answer.model_validate_json(reply.content)
        if answer.status != "accepted":
            raise StoryError(f"{kind} was {answer.status}: {answer.text or answer.error}; {answer.remedy or ''}")
        return answer

    def _check(self, reply: httpx2.Response, body: bytes) -> None:
        """Take no answer but intake's own. Raises StoryError."""
        key = load_service_public_key(self.place.intake_public_key_file)
        digest, signature = hashlib.sha256(body).hexdigest(), reply.headers.get(HEADER, "")
        if key is None or not is_signed(reply.content, digest, signature, key):
            answered = f"an answer ({reply.status_code}) came from {self.place.intake_url}"
            raise StoryError(f"{answered} that this demo's intake has not signed")

    def _organization(self) -> str:
        found: str = self.read(f"/connectors/{CONNECTOR}")["organization"]
        return found

    def read(self, path: str, **query: str | int) -> Any:
        """A page of the monitor's API."""
        return self._get(f"{self.place.monitor_url}/v1{path}", query)

    def control(self, path: str, **query: str | int) -> Any:
        """A page of the simulator's control port."""
        return self._get(f"{self.control_url}{path}", query)

    def wait(self, what: str, look: Callable[[], T | None], *, within: timedelta) -> T:
        """Look until there is something to see. Raises StoryError when it takes too long or a process is gone."""
        deadline = time.monotonic() + within.total_seconds()
        while time.monotonic() < deadline:
            self.alive()
            try:
                found = look()
            except (httpx2.TransportError, LookupError):
                found = None
            if found is not None:
                return found
            time.sleep(0.25)
        raise StoryError(f"{what} did not happen within {within.total_seconds():.0f} s; see {self.place.logs}")

    @staticmethod
    def _get(url: str, query: dict[str, str | int]) -> Any:
        reply = httpx2.get(url, params=query, timeout=TIMEOUT, trust_env=False)
        if reply.status_code >= 400:
            raise LookupError(url)
        return reply.json()
