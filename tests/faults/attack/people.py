"""What the company's people do, and what somebody can do who has their keys."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import httpx2

from exconn.connector import PendingChange, PendingChanges
from exconn.contracts import Answer, Request
from exconn.contracts.hold_text import hold_text
from exconn.contracts.request import Audience, RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.keyspace import keys
from exconn.signing import sign
from tests.faults.attack.premises import Premises
from tests.faults.attack.setting import BOSS, CONNECTOR, SET_UP_WITHIN
from tests.support.exchange.shown_devices import shown
from tests.support.requests.signed import DEPLOYMENT


class People(Premises):
    """The premises with somebody in them: every request is signed, and goes to intake."""

    def ask(
        self,
        who: str,
        kind: RequestKind,
        target: Target | None = None,
        *,
        connector: str = CONNECTOR,
        sees: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request that is signed with the key of that person, who sees what is so, or something else."""
        now = datetime.now(UTC)
        state = self.store.find(connector)
        acts = target is not None and target.device is not None
        request = Request(
            kind=kind,
            audience=Audience(deployment=DEPLOYMENT, organization=state.organization if acts and state else None),
            connector=connector,
            target=target or Target(),
            reason="attack",
            requester=who,
            nonce=secrets.token_urlsafe(18),
            present_by=now + timedelta(minutes=10),
            valid_until=now + timedelta(hours=1),
        )
        if request.target.device is not None:
            seen = seen_of_shown(request.nonce, sees or shown(self.simulator, request.target.device))
            request = request.model_copy(update={"target": request.target.model_copy(update={"seen": seen})})
        return self.send(sign(request, self.keys[who]).model_dump_json())

    def send(self, envelope: str) -> Answer:
        """Send what somebody signed."""
        reply = httpx2.post(f"{self.intake_url}/v1/requests", content=envelope, timeout=30, trust_env=False)
        return Answer.model_validate_json(reply.content)

    def wipe(self, who: str, guid: str, *, connector: str = CONNECTOR) -> Answer:
        """Ask for a wipe."""
        return self.ask(who, RequestKind.WIPE, Target(device=guid), connector=connector)

    def wipe_all(self, who: str, guids: Iterable[str], *, connector: str = CONNECTOR) -> list[str]:
        """Ask for many; the jobs of those that were accepted."""
        answers = [self.wipe(who, guid, connector=connector) for guid in guids]
        return [answer.job for answer in answers if answer.status == "accepted" and answer.job]

    def apply(self, who: str, definition: str, *, connector: str = CONNECTOR) -> Answer:
        """Ask for a definition to be taken into service."""
        return self.ask(who, RequestKind.CONNECTOR_APPLY, Target(definition=definition), connector=connector)

    def release_change(self, who: str, answer: Answer, *, connector: str = CONNECTOR) -> Answer | None:
        """Release the change that waits since that answer, as it is shown; None where none waits."""
        name = (answer.details or {}).get("change")
        for change in self.changes():
            if change.id == name:
                target = Target(jobs=(change.id,), digest=change.shown)
                return self.ask(who, RequestKind.RELEASE, target, connector=connector)
        return None

    def release(self, who: str, job_id: str) -> Answer:
        """Release a held action for what it is held for."""
        job = self.ledger.job(job_id)
        held_for = hold_text(job.reason, job.subject) if job else ""
        return self.ask(who, RequestKind.RELEASE, Target(jobs=(job_id,), held_for=(held_for,) if held_for else ()))

    def changes(self) -> list[PendingChange]:
        """The changes that are pending."""
        return PendingChanges(self.client).all()

    def found(self) -> None:
        """Bring the company's own connector into service, once intake answers."""
        self.cluster.wait(self._intake_answers, "an answer of intake", SET_UP_WITHIN)
        self.accepted(self.apply(BOSS, self.definition()))
        self.bring_into_service(CONNECTOR)

    def bring_into_service(self, connector: str, *, by: str = BOSS) -> None:
        """What follows a definition: installation, discovery, arming, and the kill switch off."""
        self.cluster.wait(lambda: self.store.get(connector).state == "installed", "the installation", SET_UP_WITHIN)
        self.cluster.wait(lambda: self._swept(connector), "the first discovery", SET_UP_WITHIN)
        self.accepted(self.ask(by, RequestKind.CONNECTOR_ARM, Target(feature="actions"), connector=connector))
        self.cluster.wait(lambda: "actions" in self.store.get(connector).armed, "the arming", SET_UP_WITHIN)
        self.accepted(self.ask(by, RequestKind.RESUME, connector=connector))

    def _swept(self, connector: str) -> bool:
        return bool(self.client.get(keys.fleet(connector))) and not self.ledger.unsettled(connector)

    def _intake_answers(self) -> bool:
        try:
            return httpx2.get(f"{self.intake_url}/health", timeout=5, trust_env=False).status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    @staticmethod
    def accepted(answer: Answer) -> Answer:
        """The answer; an error unless it was accepted."""
        if answer.status != "accepted":
            raise RuntimeError(f"the company does not come about: {answer.error}, {answer.text}; {answer.remedy}")
        return answer
