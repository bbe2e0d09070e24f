"""Verifying anew, in a worker, what intake has accepted: workers do not take the ledger at its word."""

from exconn.contracts.refusals import Refusal
from exconn.contracts.request import BadRequestError, parse_envelope
from exconn.signing.errors import Refused, SigningError
from exconn.signing.requesters import Registry
from exconn.signing.signature import Verified, verify


class NotAsSignedError(Exception):
    """The job is not what was signed; `part` is a stable word for what does not agree."""

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(f"the job is not as it was signed: {part}")


def verified_envelope(envelope: str, registry: Registry) -> Verified:
    """What somebody signed. Raises NotAsSignedError, with the word of the refusal."""
    try:
        return verify(parse_envelope(envelope), registry)
    except Refused as exc:
        raise NotAsSignedError(exc.error) from exc
    except BadRequestError as exc:
        raise NotAsSignedError(Refusal.MALFORMED) from exc
    except SigningError as exc:
        raise NotAsSignedError("signature") from exc
