"""What intake's HTTP interface says of itself, and to calls that it does not know."""

from typing import Any

import httpx2
import pytest

from exconn.contracts.refusals import REFUSALS
from tests.support.system.intake import RunningIntake


@pytest.fixture
def schema(intake: RunningIntake) -> Any:
    return httpx2.get(f"{intake.url}/openapi.json").json()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/requests", "POST"), ("POST", "/health", "GET"), ("DELETE", "/v1/requests/anna/a-nonce", "GET")],
)
def test_call_with_another_method_is_told_which_the_path_takes(
    intake: RunningIntake, method: str, path: str, allowed: str
) -> None:
    answer = httpx2.request(method, intake.url + path)

    assert (answer.status_code, answer.headers["allow"], answer.json()["error"]) == (405, allowed, "method_not_allowed")
    assert answer.json()["remedy"]


def test_unknown_path_is_not_found(intake: RunningIntake) -> None:
    answer = httpx2.get(f"{intake.url}/v1/nothing")

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_schema_describes_the_envelope_and_every_answer_to_a_request(schema: Any) -> None:
    submit = schema["paths"]["/v1/requests"]["post"]

    envelope = submit["requestBody"]["content"]["application/json"]["schema"]
    assert set(envelope["required"]) == {"key", "request", "signature"}
    described = " ".join(response["description"] for response in submit["responses"].values())
    of_paths = {"bad_path", "not_found", "method_not_allowed", "unknown_request"}
    assert [word for word in REFUSALS if word not in of_paths and word not in described] == []
    assert {"202", "400", "403", "404", "408", "409", "410", "413", "503"} <= set(submit["responses"])


def test_schema_describes_what_asking_for_an_answer_may_bring_and_nothing_else(schema: Any) -> None:
    found = schema["paths"]["/v1/requests/{requester}/{nonce}"]["get"]["responses"]

    assert set(found) == {"200", "400", "404", "503", "default"}
    assert found["404"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/HttpProblem"}
