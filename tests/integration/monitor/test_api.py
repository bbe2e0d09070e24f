"""The read-only API over real HTTP, over one afternoon of messages and facts."""

import json
import re
import threading
import time
from datetime import datetime

import httpx2
import pytest
import redis

from exconn.keyspace import keys
from exconn.stream import Number
from tests.support.streams.status import StreamWriter, guid_of
from tests.support.streams.story import HOSTILE, OUTLOOK, OUTLOOK_SERVICE
from tests.support.system.monitor import RunningMonitor

SENT = "wipe-cccccccccccccccc"
HELD = "wipe-hhhhhhhhhhhhhhhh"


def test_overview_counts_jobs_actions_devices_and_processes(monitor: RunningMonitor) -> None:
    overview = monitor.json("/v1/overview")

    (connector,) = overview["connectors"]
    assert (connector["name"], connector["devices"], connector["switch"]) == ("contoso", 130, "running")
    assert (connector["status_id"], connector["armed"]) == (1015, ["policy", "actions"])
    assert overview["actions"] == {"accepted": 1, "issuing": 1, "issued": 1, "sent": 1}
    assert overview["jobs"]["held"] == 1
    assert {worker["service"]: worker["alive"] for worker in overview["workers"]} == {
        "discovery": True,
        "actions": False,
    }
    assert overview["projector"]["lag"] == 0
    assert overview["problems"] == monitor.json("/v1/problems")["problems"]


def test_problems_are_the_same_everywhere(monitor: RunningMonitor) -> None:
    problems = monitor.json("/v1/problems")["problems"]
    health = monitor.get("/health")
    told = health.json()
    metrics = monitor.get("/metrics").text

    assert {problem["code"] for problem in problems} >= {"service_missing", "release_wanted", "dead_letters"}
    assert (health.status_code, told["status"]) == (200, "unhealthy")
    assert {*told["critical"], *told["warnings"]} == {problem["code"] for problem in problems}
    assert 'exconn_problems{code="release_wanted",connector="contoso"} 1.0' in metrics
    assert 'exconn_problems{code="dead_letters",connector=""} 1.0' in metrics


def test_every_page_says_that_there_are_problems(monitor: RunningMonitor) -> None:
    worst = monitor.json("/v1/problems")["problems"][0]
    overview = monitor.get("/").text
    pages = [monitor.get(path).text for path in ("/devices", "/jobs", f"/jobs/{HELD}", "/messages", "/nothing")]

    assert all(worst["text"] in page for page in (overview, *pages))
    assert all('href="/#problems"' in page for page in pages)
    assert f"exconn brakes release {HELD} --connector contoso" in overview


def test_connectors_are_listed_and_shown(monitor: RunningMonitor) -> None:
    assert monitor.json("/v1/connectors")["connectors"] == [monitor.json("/v1/connectors/contoso")]


@pytest.mark.parametrize(
    ("q", "total"),
    [
        ("ada", 19),
        ("ADA0_iphone", 1),
        ("user7@contoso.test", 1),
        ("APPL00000009", 1),
        (guid_of(12), 1),
        ("ström ipad", 5),
        ("100%", 0),
        ("a_a", 0),
        ("nobody", 0),
    ],
    ids=["user", "name", "address", "DeviceId", "GUID", "two words", "percent is text", "underscore is text", "none"],
)
def test_devices_are_found_by_what_people_know(monitor: RunningMonitor, q: str, total: int) -> None:
    assert monitor.json("/v1/devices", q=q)["total"] == total


def test_devices_are_filtered_by_access_state_in_any_case(monitor: RunningMonitor) -> None:
    found = monitor.json("/v1/devices", state="quarantined", limit=500)

    assert found["total"] == len(found["devices"]) > 0
    assert {device["access_state"] for device in found["devices"]} == {"Quarantined"}


def test_devices_are_filtered_by_class_of_client_and_say_what_a_wipe_would_do(monitor: RunningMonitor) -> None:
    def listed(client: str) -> dict[str, str]:
        found = monitor.json("/v1/devices", client=client, limit=500)
        assert found["total"] == len(found["devices"])
        assert {device["client"] for device in found["devices"]} == {client}
        return {device["guid"]: device["erases"] for device in found["devices"]}

    assert listed("outlook") == {guid_of(OUTLOOK): "app_data"}
    assert listed("outlook_service") == {guid_of(OUTLOOK_SERVICE): "nothing_here"}
    assert listed("native")[guid_of(3)] == "device_asked"


def test_device_has_every_attribute_that_configuration_manager_keeps(monitor: RunningMonitor) -> None:
    device = monitor.json(f"/v1/devices/{guid_of(3)}")
    blocked = monitor.json(f"/v1/devices/{guid_of(7)}")
    page = monitor.get(f"/devices/{guid_of(3)}").text

    assert device["identity"] == "contoso.test/Users/Dagny Ström/ExchangeActiveSyncDevices/iPad\u00a7APPL00000003"
    assert (device["user_domain"], device["exchange_server"]) == ("contoso.test", "EX1")
    assert (device["os_language"], device["mobile_operator"]) == ("nl", "Example Mobile")
    assert (device["status_note"], blocked["access_control_rule"]) == ("asked for twice", "iPad14C1 (DeviceModel)")
    assert all(word in page for word in (device["identity"], "EX1", "Example Mobile", "asked for twice"))


def test_device_keeps_who_asked_for_each_kind_of_wipe(monitor: RunningMonitor) -> None:
    device = monitor.json(f"/v1/devices/{guid_of(3)}")
    page = monitor.get(f"/devices/{guid_of(3)}").text

    assert (device["wipe_requestor"], device["account_wipe_requestor"]) == (
        "contoso.test/Users/exconn",
        "contoso.test/Users/Anna",
    )
    assert all(device["account_only_wipe"].values())
    assert all(word in page for word in ("contoso.test/Users/exconn", "Account-only wipe", "contoso.test/Users/Anna"))


@pytest.mark.parametrize(("path", "name", "key"), [("/v1/devices", "devices", "guid"), ("/v1/jobs", "jobs", "id")])
def test_paging_shows_every_row_once(monitor: RunningMonitor, path: str, name: str, key: str) -> None:
    everything = [row[key] for row in monitor.json(path, limit=500)[name]]

    seen: list[str] = []
    after = None
    while True:
        page = monitor.json(path, limit=7, after=after)
        seen += [row[key] for row in page[name]]
        after = page["next"]
        if after is None:
            break

    assert seen == everything
    assert len(set(seen)) == len(seen) > 7


def test_device_shows_owner_wipe_dates_and_its_actions(monitor: RunningMonitor) -> None:
    device = monitor.json(f"/v1/devices/{guid_of(3).upper()}")

    assert (device["owner_name"], device["owner_address"]) == ("Dagny Ström", "user3@contoso.test")
    assert all(device["wipe"].values())
    assert [job["id"] for job in device["history"]] == ["wipe-dddddddddddddddd"]
    assert device["open_action"] is None
    assert monitor.json(f"/v1/devices/{guid_of(2)}")["open_action"] == SENT


def test_job_shows_its_messages_in_order(monitor: RunningMonitor) -> None:
    job = monitor.json(f"/v1/jobs/{SENT}")

    assert (job["state"], job["phase"]) == ("waiting", "sent")
    assert [message["number"] for message in job["messages"]] == [50100, 50200, 50201, 50202]
    assert monitor.json("/v1/jobs/sweep-aaaaaaaaaaaaaaaa")["children"] == {"claimed": 2, "settled": 4}


def test_reason_is_a_code_for_programs_and_a_text_for_people(monitor: RunningMonitor) -> None:
    job = monitor.json(f"/v1/jobs/{HELD}")
    page = monitor.get(f"/jobs/{HELD}").text

    assert (job["reason"], job["reason_text"].startswith("the circuit breaker is full")) == ("breaker", True)
    assert "second person" in job["remedy"]
    assert "the circuit breaker is full" in page
    assert "second person" in page


def test_looks_that_said_nothing_are_counted_with_the_last_and_the_next(
    monitor: RunningMonitor, ledger: redis.Redis
) -> None:
    assert monitor.json(f"/v1/jobs/{SENT}")["looks"] is None

    now = int(time.time())
    fields = {"state": "waiting", "looks": 1234, "looked": now * 1000 - 150_000, "due": now * 1000 + 1_830_000}
    ledger.hset(keys.job(SENT), mapping={name: str(value) for name, value in fields.items()})
    looks = monitor.json(f"/v1/jobs/{SENT}")["looks"]
    page = " ".join(re.sub("<[^>]+>", " ", monitor.get(f"/jobs/{SENT}").text).split())

    assert looks["count"] == 1234
    assert [datetime.fromisoformat(looks[name]).timestamp() - now for name in ("last", "next")] == [-150, 1830]
    assert monitor.json(f"/v1/actions/{SENT}")["looks"] == looks
    assert "Looks 1 234" in page
    assert re.search(r"Last look \S+ \S+ 2 min ago", page)
    assert re.search(r"Next look \S+ \S+ in 30 min", page)


def test_actions_carry_their_device(monitor: RunningMonitor) -> None:
    (action,) = monitor.json("/v1/actions", phase="sent")["actions"]
    present = [step["phase"] for step in action["steps"] if step["present"]]

    assert (action["id"], action["device_name"]) == (SENT, "carla2_WindowsOutlook15")
    assert (len(action["steps"]), present) == (5, ["sent"])
    assert action == {
        key: value for key, value in monitor.json(f"/v1/actions/{SENT}").items() if key not in ("messages", "looks")
    }


def test_messages_come_in_order_and_by_severity(monitor: RunningMonitor) -> None:
    third = monitor.json("/v1/messages", after=2, limit=1)
    errors = monitor.json("/v1/messages", severity="error")["messages"]

    assert [message["sequence"] for message in third["messages"]] == [3]
    assert third["next"] == 3
    assert [message["text"] for message in errors] == ["Invoking cmdlet Get-MobileDeviceStatistics failed"]


def test_question_that_waits_is_answered_by_the_next_message(monitor: RunningMonitor, ledger: redis.Redis) -> None:
    last = monitor.json("/v1/messages")["next"]
    answers: list[dict[str, object]] = []
    asking = threading.Thread(target=lambda: answers.append(monitor.json("/v1/messages", after=last, wait=20)))
    asking.start()

    StreamWriter(ledger).message(Number.BRAKE_RESUMED, by="ann")
    asking.join(15)

    assert not asking.is_alive()
    assert [message["sequence"] for message in answers[0]["messages"]] == [last + 1]  # type: ignore[attr-defined]


def test_question_that_waited_in_vain_is_answered_empty_with_its_place(monitor: RunningMonitor) -> None:
    last = monitor.json("/v1/messages")["next"]

    answer = monitor.json("/v1/messages", after=last, wait=0.3)

    assert answer == {"messages": [], "next": last, "next_record": ""}


def test_sweeps_show_their_progress_and_result(monitor: RunningMonitor) -> None:
    (sweep,) = monitor.json("/v1/sweeps", connector="contoso")["sweeps"]

    assert (sweep["number"], sweep["devices"], sweep["outcome"]) == (1, 130, "succeeded")
    assert sweep["partitions"] == {"claimed": 2, "settled": 4}


def test_sweeps_are_those_of_the_connector_that_was_asked_for(monitor: RunningMonitor, ledger: redis.Redis) -> None:
    of_another = "sweep-ffffffffffffffff"
    StreamWriter(ledger, "fabrikam").queued(of_another, "sweep", service="discovery", requester="coordinator")
    monitor.wait_for(f"/v1/jobs/{of_another}", "state", "queued")

    one, other, every = (monitor.json("/v1/sweeps", connector=name)["sweeps"] for name in ("contoso", "fabrikam", ""))

    assert [sweep["connector"] for sweep in one] == ["contoso"]
    assert [sweep["job"] for sweep in other] == [of_another]
    assert every == other + one


def test_brakes_show_switch_held_jobs_and_windows(monitor: RunningMonitor) -> None:
    brakes = monitor.json("/v1/brakes/contoso")

    assert brakes["switch"] == "running"
    assert [job["id"] for job in brakes["held"]] == [HELD]
    assert brakes["windows"]["erase"] == {"20 minutes": 1, "24 hours": 2}


def test_policy_shows_the_newest_plan_while_it_is_kept(monitor: RunningMonitor, ledger: redis.Redis) -> None:
    assert monitor.json("/v1/policy/contoso")["state"] == "none"
    plan = {"v": 1, "policy": "Default", "revision": 1, "changes": [["PasswordEnabled", False, True]]}
    job = "policy-plan-aaaaaaaaaaaaaaaa"
    ledger.set(keys.plan("contoso", job), json.dumps(plan))
    writer = StreamWriter(ledger)
    writer.queued(job, "policy-plan", service="policy")
    changes = [{"parameter": "PasswordEnabled", "found": "False", "wanted": "True", "dangerous": False}]
    lacking = [{"parameter": "IrmEnabled", "wanted": "True", "why": "no_parameter"}]
    told = {"outcome": "succeeded", "drift": 1, "digest": "abc", "changes": changes, "lacking": lacking}
    left = {"parameter": "PasswordHistory", "found": "7", "before": "0", "why": "changed_since"}
    told |= {"towards": {"goal": "before", "group": "password"}, "left": [left], "guarded": ["password"]}
    writer.message(Number.POLICY_PLANNED, job=job, kind="policy-plan", state="settled", data=told)
    monitor.wait_for("/v1/policy/contoso", "outcome", "succeeded")

    policy = monitor.json("/v1/policy/contoso")

    assert (policy["plan"], policy["policy"], policy["digest"]) == (job, "Default", "abc")
    assert policy["drift"] == changes
    clients = {each["client"]: (each["devices"], each["obeys"], each["settings"]) for each in policy["clients"]}
    assert clients["outlook"] == (1, "some", ["PasswordEnabled"])
    assert clients["outlook_service"] == (1, "nothing_here", [])
    assert clients["native"][1:] == ("told", [])
    page = monitor.get(f"/jobs/{job}").text
    assert "Devices of mailboxes that have this policy" in page
    assert "obeys PasswordEnabled; no other is documented" in page
    assert policy["result"]["lacking"] == lacking
    assert "its cmdlet does not have it, or the account&#39;s role hides it" in page
    assert policy["result"]["towards"] == {"goal": "before", "group": "password"}
    assert "the values before group password was taken" in page
    assert "it was changed since" in page


def test_dead_letters_are_listed(monitor: RunningMonitor) -> None:
    (letter,) = monitor.json("/v1/deadletters")["deadletters"]

    assert (letter["service"], letter["reason"], letter["size"]) == ("actions", "size", 9)


def test_api_never_writes(monitor: RunningMonitor) -> None:
    schema = monitor.json("/openapi.json")

    assert {method for path in schema["paths"].values() for method in path} == {"get"}


@pytest.mark.parametrize("path", ["/", "/devices", "/v1/overview", "/static/console.css", "/nothing", "/metrics"])
def test_every_response_forbids_scripts_frames_and_caches(monitor: RunningMonitor, path: str) -> None:
    headers = monitor.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_foreign_host_name_is_refused_on_loopback(monitor: RunningMonitor) -> None:
    response = httpx2.get(monitor.url + "/v1/devices", headers={"host": "evil.example"}, trust_env=False)

    assert response.status_code == 421
    assert response.json()["error"] == "foreign_host"


@pytest.mark.parametrize("path", ["/devices", f"/devices/{guid_of(11)}", "/devices?q=%3Cscript%3E"])
def test_hostile_device_text_never_becomes_markup(monitor: RunningMonitor, path: str) -> None:
    text = monitor.get(path).text

    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_hostile_device_text_is_kept_as_it_is_for_programs(monitor: RunningMonitor) -> None:
    assert monitor.json(f"/v1/devices/{guid_of(11)}")["model"] == HOSTILE


def test_metrics_count_without_naming_devices_or_people(monitor: RunningMonitor) -> None:
    text = monitor.get("/metrics").text

    assert 'exconn_actions_open{connector="contoso",kind="wipe",phase="sent"} 1.0' in text
    assert 'exconn_jobs{connector="contoso",kind="wipe",state="held"} 1.0' in text
    assert 'exconn_devices{access_state="Quarantined",connector="contoso"}' in text
    assert 'exconn_messages_total{connector="contoso",severity="error"} 1.0' in text
    assert 'exconn_workers_alive{service="discovery"} 1.0' in text
    assert 'exconn_workers_alive{service="actions"} 0.0' in text
    assert 'exconn_jobs_ready{connector="contoso",service="actions"} 0.0' in text
    assert 'exconn_jobs_ready{connector="contoso",service="policy"} 0.0' in text
    assert 'exconn_jobs_running{connector="contoso",service="discovery"} 2.0' in text
    assert 'exconn_jobs_oldest_ready_seconds{connector="contoso",service="actions"} 0.0' in text
    assert "exconn_projector_active 1.0" in text
    assert guid_of(1) not in text
    assert "nowak" not in text.lower()


@pytest.mark.parametrize(
    "path", ["/", "/devices", f"/devices/{guid_of(3)}", "/jobs", f"/jobs/{SENT}", f"/jobs/{HELD}", "/messages"]
)
def test_every_page_answers_and_writes_nothing(monitor: RunningMonitor, path: str) -> None:
    response = monitor.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert 'method="post"' not in response.text


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("/", "exconn brakes pause contoso"),
        (f"/devices/{guid_of(20)}", f"exconn devices wipe {guid_of(20)} --connector contoso"),
        (f"/devices/{guid_of(2)}", f"exconn actions cancel {SENT}"),
        (f"/jobs/{HELD}", f"exconn brakes release {HELD} --connector contoso"),
        ("/messages", "exconn messages follow"),
    ],
)
def test_page_names_the_command_for_what_it_cannot_do(monitor: RunningMonitor, path: str, command: str) -> None:
    assert command in monitor.get(path).text


def test_a_job_that_ended_shows_its_phase_only_where_it_is_an_action(
    monitor: RunningMonitor, ledger: redis.Redis
) -> None:
    writer, job = StreamWriter(ledger), "policy-apply-aaaaaaaaaaaaaaaa"
    writer.queued(job, "policy-apply", service="policy")
    told = {"outcome": "succeeded"}
    writer.message(Number.ISSUING, job=job, kind="policy-apply", state="claimed", phase="issuing")
    monitor.wait_for(f"/v1/jobs/{job}", "phase", "issuing")
    assert ">issuing<" in monitor.get("/jobs", kind="policy-apply").text

    writer.message(Number.POLICY_APPLIED, job=job, kind="policy-apply", state="settled", phase="issuing", data=told)
    monitor.wait_for(f"/v1/jobs/{job}", "outcome", "succeeded")

    assert ">issuing<" not in monitor.get("/jobs", kind="policy-apply").text
    assert ">sent<" in monitor.get("/jobs", kind="wipe").text


def test_page_of_a_wipe_says_what_was_not_seen_and_what_was_found(monitor: RunningMonitor, ledger: redis.Redis) -> None:
    writer, job = StreamWriter(ledger), "wipe-zzzzzzzzzzzzzzzz"
    writer.queued(job, "wipe", service="actions", device=guid_of(30))
    writer.message(
        Number.WIPE_ACKNOWLEDGED,
        job=job,
        kind="wipe",
        state="settled",
        phase="acknowledged",
        data={"outcome": "succeeded", "found": True, "read_back": False},
    )
    monitor.wait_for(f"/v1/jobs/{job}", "outcome", "succeeded")

    text = " ".join(re.sub("<[^>]+>", " ", monitor.get(f"/jobs/{job}").text).split())

    assert "sent passed between two looks" in text
    assert "passed between two looks" not in monitor.get(f"/jobs/{SENT}").text
    assert "was in Exchange already yes" in text
    assert "read back after an unclear answer no" in text


def test_open_actions_are_one_step_from_the_overview(monitor: RunningMonitor) -> None:
    assert 'href="/jobs?only=open-actions"' in monitor.get("/").text

    listed = monitor.get("/jobs", only="open-actions").text

    assert SENT in listed
    assert HELD in listed
    assert "wipe-dddddddddddddddd" not in listed
    assert "sweep-aaaaaaaaaaaaaaaa" not in listed


def test_page_that_is_not_there_says_so_to_people(monitor: RunningMonitor) -> None:
    response = monitor.get("/devices/nope")

    assert response.status_code == 404
    assert "no device" in response.text
    assert response.headers["content-type"].startswith("text/html")
