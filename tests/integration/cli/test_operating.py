"""What operators do, from typing to the ledger and back."""

import json
import re
import signal

import pytest

from exconn.contracts import HoldReason, Kind, reason_text, remedy_text
from exconn.keyspace import connect
from exconn.ledger import Job, Outcome, State
from exconn.stream import Number
from tests.integration.cli.conftest import DEVICES, SOON, Operator, Services, become, guid
from tests.support.machine.processes import wait_until
from tests.support.streams.status import StreamWriter


def settle(operator: Operator, job_id: str, outcome: Outcome, number: Number | None = None) -> None:
    """Do what a worker would do with a job."""
    claim = operator.ledger.claim(job_id, "a test")
    assert claim is not None
    operator.ledger.settle(claim.lease, outcome, number=number)


def hold(operator: Operator, job_id: str, reason: HoldReason) -> None:
    claim = operator.ledger.claim(job_id, "a test")
    assert claim is not None
    operator.ledger.hold(claim.lease, reason)


def only_job(operator: Operator, kind: Kind) -> Job:
    open_jobs = operator.ledger.unsettled(operator.connector)
    (job,) = [operator.ledger.job(job_id) for job_id in open_jobs if job_id.startswith(f"{kind}-")]
    assert job is not None
    return job


def test_devices_are_listed_for_people_for_programs_and_for_pipes(operator: Operator) -> None:
    people, program, pipe = (
        operator.exconn("devices", "list"),
        operator.exconn("devices", "list", "--json"),
        operator.exconn("--quiet", "devices", "list"),
    )

    assert {people.code, program.code, pipe.code} == {0}
    assert "jdoe_iPhone" in people.out
    assert all(len(line) <= 80 for line in people.out.splitlines())
    assert program.json["total"] == len(DEVICES)
    assert sorted(pipe.out.split()) == [device.guid for device in DEVICES]


def test_devices_are_searched_by_a_word(operator: Operator) -> None:
    found, nobody = operator.exconn("devices", "list", "twin", "--quiet"), operator.exconn("devices", "list", "nobody")

    assert sorted(found.out.split()) == [guid(2), guid(3)]
    assert (nobody.code, nobody.out.strip()) == (0, "no such device")


@pytest.mark.parametrize(
    ("words", "code", "remedy"),
    [
        (("jobs", "list", "--state", "suceeded"), 2, "one of queued, claimed, waiting, held, settled, succeeded"),
        (("jobs", "list", "--kind", "wype"), 2, "wipe"),
        (("actions", "list", "--state", "sent"), 2, "one of queued"),
        (("devices", "list", "--state", "grounded"), 2, "one of Allowed, Blocked"),
        (("messages", "list", "--severity", "loud"), 2, "one of information, warning, error"),
        (("jobs", "list", "--after", "nowhere"), 2, "`next`"),
        (("jobs", "list", "--connector", "nowhere"), 3, "north-"),
        (("messages", "follow", "--connector", "nowhere"), 3, "north-"),
        (("brakes", "show", "nowhere"), 3, "north-"),
    ],
)
def test_word_that_nothing_has_is_an_error_with_those_that_exist(
    operator: Operator, words: tuple[str, ...], code: int, remedy: str
) -> None:
    ran = operator.exconn(*words)

    assert (ran.code, ran.out) == (code, "")
    assert remedy in ran.err


def test_names_from_exchange_cannot_command_the_terminal(operator: Operator) -> None:
    listed, shown = operator.exconn("devices", "list"), operator.exconn("devices", "show", guid(4))

    assert "red_Outlook" in listed.out
    assert "\x1b" not in listed.out + shown.out


def test_list_says_of_each_class_of_client_what_a_wipe_would_erase(operator: Operator) -> None:
    listed = operator.exconn("devices", "list")
    lines = listed.out.splitlines()
    legend = lines[lines.index("a wipe erases") + 1 :]
    service = json.loads(operator.exconn("devices", "list", "--client", "outlook_service", "--json").out)["devices"]
    unknown = operator.exconn("devices", "list", "--client", "outlok")

    assert max(map(len, lines)) <= 80
    assert [line[2:17].rstrip() for line in legend if line[2] != " "] == ["native", "outlook", "outlook service"]
    told = " ".join(" ".join(legend).split())
    assert all(part in told for part in ("native the device is asked for", "every Outlook of the user", "use Intune"))
    assert [(device["guid"], device["client"], device["erases"]) for device in service] == [
        (guid(6), "outlook_service", "nothing_here")
    ]
    assert (unknown.code, "outlook_service" in unknown.err) == (2, True)


def test_show_has_every_attribute_of_a_device(operator: Operator) -> None:
    shown = operator.exconn("devices", "show", "jdoe_iPhone").out
    fields = dict(re.split(r"  +", line, maxsplit=1) for line in shown.splitlines())

    assert (fields["domain"], fields["operator"], fields["language"]) == ("contoso.test", "Example Mobile", "nl")
    assert (fields["access rule"], fields["EAS identity"]) == ("A (DeviceModel)", "contoso.test/jdoe/iPhone\u00a7ID1")
    assert (fields["client"], fields["a wipe erases"][:24]) == ("native", "the device is asked for,")
    assert {"server", "status note", "wipe asked by"} < set(fields)


def test_wipe_is_previewed_accepted_and_followed_to_its_acknowledgement(operator: Operator) -> None:
    running = operator.start("devices", "wipe", "jdoe_iPhone", "--yes", "--wait", "--timeout", "60s")
    wait_until(lambda: operator.ledger.unsettled(operator.connector), SOON, "the action")
    action = only_job(operator, Kind.WIPE)
    settle(operator, action.id, Outcome.SUCCEEDED, Number.WIPE_ACKNOWLEDGED)

    assert running.wait(SOON) == 0
    out = running.log.read_text()
    assert "jdoe" in out
    assert f"accepted as {action.id}" in out
    assert "Device wipe acknowledged" in out
    assert (action.device, action.requester) == (guid(1), "anna")
    outcomes = ("succeeded", "failed")
    by_outcome = {each: operator.exconn("jobs", "list", "--state", each, "--quiet").out for each in outcomes}
    assert action.id in by_outcome["succeeded"]
    assert action.id not in by_outcome["failed"]


def test_a_wipe_that_will_be_held_for_its_client_says_so_and_what_to_do_as_it_is_accepted(operator: Operator) -> None:
    told = operator.exconn("devices", "wipe", guid(6), "--yes").out.partition("accepted as")[2]

    assert max(map(len, told.splitlines())) <= 80
    reason, remedy = reason_text(HoldReason.USE_INTUNE, {}), remedy_text(HoldReason.USE_INTUNE)
    assert f"! it will be held: {reason}. ! {remedy} see: " in " ".join(told.split()) + " "


def test_wipe_prints_the_action_id_alone_when_told_to_be_quiet(operator: Operator) -> None:
    ran = operator.exconn("devices", "wipe", guid(1), "--yes", "--quiet")

    assert ran.code == 0
    assert ran.out.strip() == only_job(operator, Kind.WIPE).id


def test_wipe_without_yes_and_without_a_terminal_does_nothing(operator: Operator) -> None:
    ran = operator.exconn("devices", "wipe", "jdoe_iPhone", typed="y\n")

    assert ran.code == 2
    assert "--yes" in ran.err
    assert not operator.ledger.unsettled(operator.connector)


def test_ambiguous_name_lists_the_candidates_and_wipes_none(operator: Operator) -> None:
    ran = operator.exconn("devices", "wipe", "twin_iPhone", "--yes")

    assert ran.code == 2
    assert guid(2) in ran.err
    assert guid(3) in ran.err
    assert not operator.ledger.unsettled(operator.connector)


def test_part_of_a_name_shows_a_device_but_wipes_none(operator: Operator) -> None:
    assert operator.exconn("devices", "show", "jdo").code == 0

    ran = operator.exconn("devices", "wipe", "jdo", "--yes")

    assert (ran.code, "jdoe_iPhone" in ran.err) == (3, True)
    assert not operator.ledger.unsettled(operator.connector)


def test_second_wipe_of_a_device_is_refused_and_names_the_first(operator: Operator) -> None:
    first = operator.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()

    second = operator.exconn("devices", "wipe", guid(1), "--yes")

    assert second.code == 4
    assert f"exconn actions follow {first}" in second.err


@pytest.mark.parametrize(
    ("number", "client", "does"),
    [(1, "native", "the device is asked for"), (4, "outlook", "every Outlook of the user"), (6, "outlook service", "")],
)
def test_a_wipe_says_which_client_it_is_and_what_it_would_do(
    operator: Operator, number: int, client: str, does: str
) -> None:
    ran = operator.exconn("devices", "wipe", guid(number), "--yes")

    assert ran.code == 0
    assert re.search(rf"^client +{client}$", ran.out, re.MULTILINE)
    assert does in ran.out
    assert ("Intune" in ran.out) is (number == 6)


def test_a_wipe_of_outlook_names_every_outlook_of_its_user_and_no_other_device(operator: Operator) -> None:
    ran = operator.exconn("devices", "wipe", guid(4), "--yes")

    assert [other for other in range(1, 9) if guid(other) in ran.out] == [4, 5]
    assert f"! also     red_Outlook ({guid(5)})" in ran.out


def test_a_blocked_device_is_warned_about_and_wiped_all_the_same(operator: Operator) -> None:
    ran = operator.exconn("devices", "wipe", guid(7), "--yes")

    assert ran.code == 0
    assert "it may never connect to take its wipe" in ran.out
    assert operator.ledger.unsettled(operator.connector)


def test_exit_code_tells_how_an_action_ended(operator: Operator) -> None:
    action = operator.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()
    running = operator.exconn("actions", "follow", action, "--timeout", "1s")
    hold(operator, action, HoldReason.BREAKER)
    held, shown = operator.exconn("actions", "follow", action), operator.exconn("jobs", "show", action)
    as_json = operator.exconn("actions", "follow", action, "--json")
    refused = operator.exconn("brakes", "release", action, "--yes")
    operator.ledger.release(operator.connector, [action], release_id="r", by="bert")
    settle(operator, action, Outcome.FAILED)
    failed = operator.exconn("actions", "follow", action, "--json")

    assert [running.code, held.code, refused.code, failed.code] == [7, 5, 4, 1]
    for told in (held, shown):
        assert f"exconn brakes release {action} --connector {operator.connector}" in told.err
    assert "the circuit breaker is full" in held.err
    assert "the circuit breaker is full" in shown.out
    assert (as_json.json["reason"], "circuit breaker" in as_json.json["reason_text"]) == ("breaker", True)
    assert "your own request" in refused.err
    assert failed.json["outcome"] == "failed"


def test_a_sweep_that_lacks_something_says_what_and_what_to_do(operator: Operator, services: Services) -> None:
    complete, lacking = "sweep-aaaaaaaaaaaaaaaa", "sweep-bbbbbbbbbbbbbbbb"
    mailbox = {"place": "unread_mailbox", "name": "00000000-0000-4000-8000-00000000beef", "kind": "MapiException"}
    gaps = {"unread_mailboxes": 1, "kinds": {"MapiException": 1}, "named": [mailbox]}
    with connect(services.url) as client:
        writer = StreamWriter(client, operator.connector)
        for number, (job, told) in enumerate(((complete, {}), (lacking, {"complete": False, "gaps": gaps})), start=1):
            writer.queued(job, "sweep", service="discovery", requester="coordinator")
            counted = {"sweep": number, "devices": 7, "owners": 7, "started_at": "2026-11-20T08:00:00Z"}
            writer.page("finalise", [counted | told], sweep=number, job=job)
    services.monitor.wait_for(f"/v1/sweeps/{lacking}/reading", "complete", False)

    well = operator.exconn("sweeps", "show", complete)
    shown = operator.exconn("sweeps", "show", lacking)
    as_json = operator.exconn("sweeps", "show", lacking, "--json").json

    assert "reading    complete" in well.out
    assert "reading    not complete: 1 mailbox not read" in shown.out
    assert f"exconn sweeps start full {operator.connector}" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert as_json["reading"]["missing"] == [mailbox]


def test_a_wipe_of_outlook_that_was_sent_ends_well_and_says_that_nothing_more_will_be_heard(operator: Operator) -> None:
    action = operator.exconn("devices", "wipe", guid(4), "--yes", "--quiet").out.strip()
    settle(operator, action, Outcome.UNREPORTED)

    followed = operator.exconn("actions", "follow", action)

    assert (followed.code, followed.err) == (0, "")
    assert "never reports" in followed.out


def test_interrupted_command_exits_130_and_what_was_asked_goes_on(operator: Operator) -> None:
    running = operator.start("devices", "wipe", guid(1), "--yes", "--wait")
    wait_until(lambda: operator.ledger.unsettled(operator.connector), SOON, "the action")
    action = only_job(operator, Kind.WIPE)
    running.wait_until(lambda: "Job queued" in running.log.read_text(), SOON, "following")
    running.signal(signal.SIGINT)

    assert running.wait(SOON) == 130
    assert "Traceback" not in running.log.read_text()
    job = operator.ledger.job(action.id)
    assert job is not None
    assert job.state is not State.SETTLED


def test_action_is_cancelled_by_a_request(operator: Operator) -> None:
    action = operator.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()
    wait_until(lambda: operator.monitor.get(f"/v1/actions/{action}").status_code == 200, SOON, "the action to be shown")

    ran = operator.exconn("actions", "cancel", action, "--yes")

    assert (ran.code, f"{action} cancelled" in ran.out) == (0, True)
    assert not operator.ledger.unsettled(operator.connector)


def test_kill_switch_is_turned_and_shown(operator: Operator) -> None:
    assert operator.exconn("brakes", "pause").code == 0
    assert operator.ledger.switch(operator.connector) == "paused"
    shown = operator.exconn("brakes", "show").out
    assert "switch      paused" in shown
    assert "paused by   anna, since" in shown
    assert "may resume  anna; while actions wait, one who has none; or two persons" in shown

    assert operator.exconn("brakes", "resume").code == 2
    assert operator.exconn("brakes", "resume", "--yes").code == 0
    assert operator.ledger.switch(operator.connector) == "running"


def test_second_connector_is_applied_from_a_sample_released_and_removed(operator: Operator, services: Services) -> None:
    file = operator.exconn.folder / "south.toml"
    file.write_text(operator.exconn("connector", "sample", "--name", "south").out)
    assert operator.exconn("connector", "check", str(file)).code == 0
    assert "flagged" in operator.exconn("connector", "plan", str(file)).out

    applied = operator.exconn("connector", "apply", str(file), "--quiet")
    become(operator, services, "bert")
    released = operator.exconn("brakes", "release", applied.out.strip(), "--yes")
    listed = operator.exconn("connector", "list", "--quiet")
    shown = operator.exconn("connector", "show", "south", "--json")
    removed = operator.exconn("connector", "remove", "south", "--yes")

    assert applied.code == 5
    assert [released.code, listed.code, shown.code, removed.code] == [0, 0, 0, 0]
    assert {operator.connector, "south"} <= set(listed.out.split())
    assert (shown.json["state"], shown.json["revision"]) == ("flagged", 1)
    assert operator.exconn("sweeps", "start", "full", "south").code == 3


def test_sweep_is_started_once(operator: Operator) -> None:
    first, second = operator.exconn("sweeps", "start", "full"), operator.exconn("sweeps", "start", "full")

    assert (first.code, second.code) == (0, 4)
    assert only_job(operator, Kind.SWEEP).id in second.err


def test_wait_ends_with_the_job(operator: Operator) -> None:
    running = operator.start("connector", "arm", operator.connector, "actions", "--wait", "--json")
    wait_until(lambda: operator.ledger.unsettled(operator.connector), SOON, "the preflight")
    settle(operator, only_job(operator, Kind.PREFLIGHT_ACTIONS).id, Outcome.REFUSED, Number.PREFLIGHT_FAILED)

    assert running.wait(SOON) == 4
    assert '"outcome": "refused"' in running.log.read_text()


def test_what_somebody_else_paused_waits_for_a_second_person_who_resumes_it(operator: Operator) -> None:
    operator.ledger.pause(operator.connector, by="bert")

    asked = operator.exconn("brakes", "resume", "--yes")

    assert (asked.code, asked.err) == (5, "")
    assert f"still paused: bert paused {operator.connector}, and no action of anybody else waits for it" in asked.out
    assert "+ running" in asked.out
    change = next(word for word in asked.out.split() if word.startswith("change-"))
    assert change in operator.exconn("brakes", "show").out
    assert operator.exconn("brakes", "release", change, "--yes").code == 4
    assert operator.exconn("jobs", "cancel", change, "--yes").code == 0
    assert operator.ledger.switch(operator.connector) == "paused"
    operator.ledger.resume(operator.connector, by="bert")


def test_status_is_unhealthy_while_workers_are_missing(operator: Operator) -> None:
    ran = operator.exconn("status", "--json")

    assert ran.code == 8
    assert "exconn run actions" in {problem["command"] for problem in ran.json["problems"]}


def test_status_tells_of_held_wipes_and_the_kill_switch_at_80_columns(operator: Operator) -> None:
    operator.exconn("devices", "wipe", "jdoe_iPhone", "--reason", "stolen", "--yes")
    job = only_job(operator, Kind.WIPE).id
    hold(operator, job, HoldReason.BREAKER)
    operator.exconn("brakes", "pause")
    operator.monitor.wait_for(f"/v1/jobs/{job}", "state", "held")

    ran = operator.exconn("status", env={"COLUMNS": "80"})

    assert ran.code == 8
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert f"- {operator.connector}: the kill switch is on" in ran.out
    assert f"    exconn brakes resume {operator.connector}" in ran.out
    assert f"- {operator.connector}: 1 wipe waits for a second person" in ran.out
    assert "healthy" not in ran.out


def test_messages_are_followed_as_they_come(operator: Operator) -> None:
    running = operator.start("messages", "follow", "--json")

    def is_told() -> bool:
        operator.ledger.pause(operator.connector, by="bert")
        operator.ledger.resume(operator.connector, by="bert")
        return "Kill switch" in running.log.read_text()

    running.wait_until(is_told, SOON, "a message that came while it followed")
    running.signal(signal.SIGINT)

    assert running.wait(SOON) == 130
