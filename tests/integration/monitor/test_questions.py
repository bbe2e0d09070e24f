"""Questions that have no answer: each is an error that says what is wrong with it, and what can be asked."""

import base64
import json
import re

import httpx2
import pytest
import redis

from tests.support.streams.status import StreamWriter
from tests.support.system.monitor import RunningMonitor


def cursor_of(parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/v1/devices/nope", 404, "unknown_device"),
        ("/v1/jobs/nope", 404, "unknown_job"),
        ("/v1/actions/sweep-aaaaaaaaaaaaaaaa", 404, "unknown_action"),
        ("/v1/connectors/nope", 404, "unknown_connector"),
        ("/v1/policy/nope", 404, "unknown_connector"),
        ("/v1/brakes/nope", 404, "unknown_connector"),
        ("/v1/nothing", 404, "not_found"),
        ("/v1/devices?limit=501", 400, "bad_parameter"),
        ("/v1/devices?limit=0", 400, "bad_parameter"),
        ("/v1/devices?after=%5B1%5D", 400, "bad_parameter"),
        ("/v1/jobs?after=" + cursor_of([10**40]), 400, "bad_parameter"),
        ("/v1/jobs?after=" + cursor_of(["1"]), 400, "bad_parameter"),
        ("/v1/devices?after=" + cursor_of(["\ud800", "", ""]), 400, "bad_parameter"),
        ("/v1/jobs?after=" + cursor_of([9]) + "%20", 400, "bad_parameter"),
        ("/v1/messages?wait=21", 400, "bad_parameter"),
        ("/v1/messages?after=-1", 400, "bad_parameter"),
        (f"/v1/messages?after={10**30}", 400, "bad_parameter"),
        ("/v1/devices?q=" + "x" * 300, 400, "bad_parameter"),
    ],
)
def test_question_without_an_answer_has_a_word_a_text_and_a_remedy(
    monitor: RunningMonitor, path: str, status: int, error: str
) -> None:
    response = monitor.get(path)

    assert response.status_code == status
    assert response.json()["error"] == error
    assert set(response.json()) == {"error", "text", "remedy", "field"}
    assert response.json()["remedy"]


@pytest.mark.parametrize(
    ("question", "status", "field", "valid"),
    [
        ("jobs?state=suceeded", 400, "state", ("held", "settled", "succeeded", "gone")),
        ("actions?state=sent", 400, "state", ("held", "succeeded")),
        ("actions?phase=held", 400, "phase", ("accepted", "sent", "closed")),
        ("jobs?kind=wype", 400, "kind", ("wipe", "sweep", "policy-plan")),
        ("devices?state=Grounded", 400, "state", ("Allowed", "Blocked", "Quarantined", "DeviceDiscovery")),
        ("devices?client=Outlok", 400, "client", ("native", "outlook", "outlook_service", "unknown")),
        ("messages?severity=loud", 400, "severity", ("information", "warning", "error")),
        ("jobs?connector=nowhere", 404, "connector", ("contoso",)),
        ("actions?connector=nowhere", 404, "connector", ("contoso",)),
        ("devices?connector=nowhere", 404, "connector", ("contoso",)),
        ("sweeps?connector=nowhere", 404, "connector", ("contoso",)),
        ("messages?connector=nowhere", 404, "connector", ("contoso",)),
        ("policy/nowhere", 404, "connector", ("contoso",)),
    ],
)
def test_word_that_nothing_has_is_an_error_that_names_those_that_exist(
    monitor: RunningMonitor, question: str, status: int, field: str, valid: tuple[str, ...]
) -> None:
    response = monitor.get(f"/v1/{question}")

    problem = response.json()
    assert (response.status_code, problem["field"]) == (status, field)
    assert all(word in problem["remedy"] for word in valid)


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("/jobs?kind=wype", 400),
        ("/jobs?state=suceeded", 400),
        ("/devices?state=Grounded", 400),
        ("/devices?client=Outlok", 400),
        ("/messages?severity=loud", 400),
        ("/messages?connector=nowhere", 404),
        ("/jobs?connector=nowhere", 404),
    ],
)
def test_page_says_that_there_is_no_such_word(monitor: RunningMonitor, page: str, status: int) -> None:
    response = monitor.get(page)

    assert response.status_code == status
    assert "one of " in response.text


def test_connector_that_the_ledger_has_forgotten_can_still_be_looked_at(
    monitor: RunningMonitor, ledger: redis.Redis
) -> None:
    job = "sweep-ffffffffffffffff"
    StreamWriter(ledger, "forgotten").queued(job, "sweep", service="discovery")
    monitor.wait_for(f"/v1/jobs/{job}", "state", "queued")

    assert [one["id"] for one in monitor.json("/v1/jobs", connector="forgotten")["jobs"]] == [job]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/messages", "/jobs", "/metrics", "/static/console.css", "/health"])
def test_method_that_is_not_there_is_refused_with_those_that_are(monitor: RunningMonitor, path: str) -> None:
    response = httpx2.post(monitor.url + path, trust_env=False)

    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


def test_parameters_and_problems_are_documented(monitor: RunningMonitor) -> None:
    paths = monitor.json("/openapi.json")["paths"]
    list_jobs = paths["/v1/jobs"]["get"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in list_jobs["parameters"]}

    given = monitor.json("/v1/jobs", limit=1)["next"]
    assert re.fullmatch(schemas["after"]["pattern"], given)
    assert {"queued", "succeeded"} < set(schemas["state"]["enum"])
    assert "wipe" in schemas["kind"]["enum"]
    assert set(list_jobs["responses"]) == {"200", "400", "404", "503", "default"}
