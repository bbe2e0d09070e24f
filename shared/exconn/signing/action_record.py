"""The worker's signed record of a step of an action: whoever has the public half can check it, and cannot make one.

It goes with the status message of the step. Every service may write messages; none but device actions can sign.
"""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

from exconn.signing.keyfile import SigningKey

#: What else is signed with the same key begins otherwise.
_WHAT = b"exconn action record 1\n"
#: Under which names record and signature are in the data of a message.
RECORD, SIGNATURE = "record", "record_signature"
#: Under which names data and record have the dates of a wipe that Exchange shows, by its own clock.
EXCHANGE_TIMES = ("exchange_requested", "exchange_sent", "exchange_acknowledged")
#: Longer ones are nobody's.
_MOST = 2000


class ActionRecord(BaseModel):
    """What a worker did or saw: of which job and device, at which claim and attempt, and what Exchange shows.

    `outcome` is empty while the action goes on. `said` are Exchange's own times and what else tells the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: str
    epoch: int
    attempt: int
    device: str
    phase: str
    outcome: str = ""
    said: dict[str, str | int | bool | None] = {}


class RecordError(ValueError):
    """A record that is missing, or that nobody signed: `problem` is a stable word for it."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


def signed_record(key: SigningKey | None, record: ActionRecord) -> dict[str, str]:
    """The record and its signature, as fields of a message's data; nothing without a key."""
    if key is None:
        return {}
    text = record.model_dump_json(exclude_defaults=True)
    signature = key.private.sign(_WHAT + text.encode())
    return {RECORD: text, SIGNATURE: base64.b64encode(signature).decode()}


def read_record(public: Ed25519PublicKey, data: Mapping[str, object]) -> ActionRecord:
    """The record in a message's data. Raises RecordError: missing, signature, malformed."""
    text, signature = data.get(RECORD), data.get(SIGNATURE)
    if not isinstance(text, str) or not isinstance(signature, str) or len(text) > _MOST:
        raise RecordError("missing")
    try:
        public.verify(base64.b64decode(signature, validate=True), _WHAT + text.encode())
        return ActionRecord.model_validate_json(text)
    except (InvalidSignature, binascii.Error) as exc:
        raise RecordError("signature") from exc
    except ValidationError as exc:
        raise RecordError("malformed") from exc
    except ValueError as exc:
        raise RecordError("signature") from exc
