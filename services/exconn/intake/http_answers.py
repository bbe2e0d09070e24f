"""What intake says, in HTTP's words, and how its schema describes that."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from exconn.contracts import Answer, Envelope
from exconn.contracts.refusals import REFUSALS, Refusal, row_of
from exconn.signing import SigningKey
from exconn.signing.answer_signature import HEADER, sign_answer

ACCEPTED = 202
UNAVAILABLE = 503

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_AGAIN_SOON = {"Retry-After": "2"}

#: Of a path, not of a request.
_PATHS = {Refusal.BAD_PATH, Refusal.NOT_FOUND, Refusal.METHOD_NOT_ALLOWED, Refusal.UNKNOWN_REQUEST}

ENVELOPE = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": Envelope.model_json_schema()}}}
}


class HttpProblem(BaseModel):
    """Why a call was not answered: a word, a sentence, and what to do."""

    error: str = Field(description="a stable word")
    text: str
    remedy: str


def http_status(answer: Answer) -> int:
    """The HTTP status of an answer."""
    return ACCEPTED if answer.status == "accepted" else row_of(answer.error).status


def answered(answer: Answer, status: int, digest: str, key: SigningKey | None) -> Response:
    """An answer to what has that digest as a response, signed with the key that intake has."""
    shown = answer.model_dump_json().encode()
    headers = NO_STORE | (_AGAIN_SOON if status == UNAVAILABLE else {})
    if key is not None:
        headers |= {HEADER: sign_answer(shown, digest, key)}
    return Response(shown, status, media_type="application/json", headers=headers)


def problem(error: Refusal, text: str, remedy: str, headers: Mapping[str, str] | None = None) -> Response:
    """A response that is no answer to a request."""
    status = REFUSALS[error].status
    shown = HttpProblem(error=error, text=text, remedy=remedy)
    again = _AGAIN_SOON if status == UNAVAILABLE else {}
    return JSONResponse(shown.model_dump(), status, headers={**NO_STORE, **again, **(headers or {})})


def answers_by_status() -> dict[int | str, dict[str, Any]]:
    """The answers to a request that is not accepted, as the schema describes them."""
    words = defaultdict(list)
    for refusal, row in REFUSALS.items():
        if refusal not in _PATHS:
            words[row.status].append(refusal.value)
    return {
        status: {"model": Answer, "description": f"Not accepted: {', '.join(found)}"}
        for status, found in sorted(words.items())
    }


def problems_of(*errors: Refusal) -> dict[int | str, dict[str, Any]]:
    """Problems as the schema describes them."""
    return {REFUSALS[error].status: {"model": HttpProblem, "description": REFUSALS[error].meaning} for error in errors}
