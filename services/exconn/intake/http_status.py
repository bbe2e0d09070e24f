"""What an answer is in HTTP's words."""

from exconn.contracts import Answer

ACCEPTED = 202
UNCONFIRMED = 503

#: The refusals whose status is not 409 (the state of things forbids it).
STATUS_OF_ERROR = {
    "malformed": 400,
    "bad_target": 400,
    "definition": 400,
    "present_by": 400,
    "valid_until": 400,
    "unknown_key": 403,
    "signature": 403,
    "requester_mismatch": 403,
    "not_allowed": 403,
    "second_person": 403,
    "unknown_connector": 404,
    "unknown_device": 404,
    "unknown_job": 404,
    "expired": 410,
    "full": 503,
    "no_registry": 503,
}
CONFLICT = 409


def http_status(answer: Answer) -> int:
    """The HTTP status of an answer."""
    if answer.status == "accepted":
        return ACCEPTED
    if answer.status == "unconfirmed":
        return UNCONFIRMED
    return STATUS_OF_ERROR.get(answer.error or "", CONFLICT)
