"""Asking intake, and taking no answer that is not from it: only its own signature says that something will be done."""

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.http import Reply
from exconn.cli.session import CommandSession

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class IntakeDoor:
    """The way to intake. Raises CommandError when the context's key of intake cannot be used."""

    def __init__(self, session: CommandSession) -> None:
        self._session = session
        self._key = _key_of(session)

    def answer_to(self, envelope: bytes) -> dict[str, Any]:
        """What intake answers to an envelope. Raises CommandError when it does not, or somebody else did."""
        reply = self._session.intake.ask("POST", "/v1/requests", envelope)
        if self._key is not None:
            self._check(reply, envelope, self._key)
        found = reply.json
        return found if isinstance(found, dict) else {}

    def _check(self, reply: Reply, envelope: bytes, key: "Ed25519PublicKey") -> None:
        from exconn.signing.answer_signature import is_signed

        if is_signed(reply.body, hashlib.sha256(envelope).hexdigest(), reply.signature, key):
            return
        if reply.status == HTTPStatus.SERVICE_UNAVAILABLE and not reply.signature:
            # What turns connections away at the door, or a proxy before it, has no key, and promises nothing.
            busy = "intake takes no requests now"
            raise CommandError(ExitCode.UNREACHABLE, busy, remedy="see with exconn jobs list, then ask again")
        context = self._session.context
        what = "signature is wrong" if reply.signature else "signature is missing"
        raise CommandError(
            ExitCode.NOT_AUTHENTIC,
            f"this answer is not from your intake: its {what}. What you asked for may be done, or not",
            remedy=f"see with exconn jobs list; then check who answers at {context.intake_url}, and whether its "
            f"EXCONN_INTAKE_KEY_FILE fits intake_public_key in {context.path}",
        )


def _key_of(session: CommandSession) -> "Ed25519PublicKey | None":
    context = session.context
    if not context.intake_public_key:
        return None
    from exconn.signing import parse_public_key

    try:
        return parse_public_key(context.intake_public_key)
    except ValueError as exc:
        problem = f"context {context.path}: intake_public_key: {exc}"
        raise CommandError(ExitCode.BAD_INPUT, problem, remedy="enter the line of intake's public key file") from exc
