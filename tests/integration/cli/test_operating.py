"""What operators do, from typing to the ledger and back."""

import signal

import pytest

from exconn.contracts import HoldReason, Kind
from exconn.ledger import Job, Outcome, State
from exconn.stream import Number
from tests.integration.cli.conftest import DEVICES, SOON, Desk, guid
from tests.support.machine.processes import wait_until


def settle(desk: Desk, job_id: str, outcome: Outcome, number: Number | None = None) -> None:
    """Do what a worker would do with a job."""
    claim = desk.ledger.claim(job_id, "a test")
    assert claim is not None
    desk.ledger.settle(claim.lease, outcome, number=number)


def hold(desk: Desk, job_id: str, reason: HoldReason) -> None:
    claim = desk.ledger.claim(job_id, "a test")
    assert claim is not None
    desk.ledger.hold(claim.lease, reason)


def only_job(desk: Desk, kind: Kind) -> Job:
    (job,) = [desk.ledger.job(job) for job in desk.ledger.unsettled(desk.connector) if job.startswith(f"{kind}-")]
    assert job is not None
    return job


def test_devices_are_listed_for_people_for_programs_and_for_pipes(desk: Desk) -> None:
    people, program, pipe = (
        desk.exconn("devices", "list"),
        desk.exconn("devices", "list", "--json"),
        desk.exconn("--quiet", "devices", "list"),
    )

    assert {people.code, program.code, pipe.code} == {0}
    assert "jdoe_iPhone" in people.out
    assert all(len(line) <= 80 for line in people.out.splitlines())
    assert program.json["total"] == len(DEVICES)
    assert sorted(pipe.out.split()) == [device.guid for device in DEVICES]


def test_devices_are_searched_by_a_word(desk: Desk) -> None:
    found, nobody = desk.exconn("devices", "list", "twin", "--quiet"), desk.exconn("devices", "list", "nobody")

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
    desk: Desk, words: tuple[str, ...], code: int, remedy: str
) -> None:
    ran = desk.exconn(*words)

    assert (ran.code, ran.out) == (code, "")
    assert remedy in ran.err


def test_names_from_exchange_cannot_command_the_terminal(desk: Desk) -> None:
    listed, shown = desk.exconn("devices", "list"), desk.exconn("devices", "show", guid(4))

    assert "red_Outlook" in listed.out
    assert "\x1b" not in listed.out + shown.out


def test_wipe_is_previewed_accepted_and_followed_to_its_acknowledgement(desk: Desk) -> None:
    running = desk.start("devices", "wipe", "jdoe_iPhone", "--yes", "--wait", "--timeout", "60s")
    wait_until(lambda: desk.ledger.unsettled(desk.connector), SOON, "the action")
    action = only_job(desk, Kind.WIPE)
    settle(desk, action.id, Outcome.SUCCEEDED, Number.WIPE_ACKNOWLEDGED)

    assert running.wait(SOON) == 0
    out = running.log.read_text()
    assert "jdoe" in out
    assert f"accepted as {action.id}" in out
    assert "Device wipe acknowledged" in out
    assert (action.device, action.requester) == (guid(1), "anna")
    by_outcome = {each: desk.exconn("jobs", "list", "--state", each, "--quiet").out for each in ("succeeded", "failed")}
    assert action.id in by_outcome["succeeded"]
    assert action.id not in by_outcome["failed"]


def test_wipe_prints_the_action_id_alone_when_told_to_be_quiet(desk: Desk) -> None:
    ran = desk.exconn("devices", "wipe", guid(1), "--yes", "--quiet")

    assert ran.code == 0
    assert ran.out.strip() == only_job(desk, Kind.WIPE).id


def test_wipe_without_yes_and_without_a_terminal_does_nothing(desk: Desk) -> None:
    ran = desk.exconn("devices", "wipe", "jdoe_iPhone", typed="y\n")

    assert ran.code == 2
    assert "--yes" in ran.err
    assert not desk.ledger.unsettled(desk.connector)


def test_ambiguous_name_lists_the_candidates_and_wipes_none(desk: Desk) -> None:
    ran = desk.exconn("devices", "wipe", "twin_iPhone", "--yes")

    assert ran.code == 2
    assert guid(2) in ran.err
    assert guid(3) in ran.err
    assert not desk.ledger.unsettled(desk.connector)


def test_part_of_a_name_shows_a_device_but_wipes_none(desk: Desk) -> None:
    assert desk.exconn("devices", "show", "jdo").code == 0

    ran = desk.exconn("devices", "wipe", "jdo", "--yes")

    assert (ran.code, "jdoe_iPhone" in ran.err) == (3, True)
    assert not desk.ledger.unsettled(desk.connector)


def test_second_wipe_of_a_device_is_refused_and_names_the_first(desk: Desk) -> None:
    first = desk.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()

    second = desk.exconn("devices", "wipe", guid(1), "--yes")

    assert second.code == 4
    assert f"exconn actions follow {first}" in second.err


def test_outlook_is_warned_about(desk: Desk) -> None:
    ran = desk.exconn("devices", "wipe", guid(4), "--yes")

    assert ran.code == 0
    assert "every device" in ran.out


def test_exit_code_tells_how_an_action_ended(desk: Desk) -> None:
    action = desk.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()
    running = desk.exconn("actions", "follow", action, "--timeout", "1s")
    hold(desk, action, HoldReason.BREAKER)
    held, shown = desk.exconn("actions", "follow", action), desk.exconn("jobs", "show", action)
    as_json = desk.exconn("actions", "follow", action, "--json")
    refused = desk.exconn("brakes", "release", action, "--yes")
    desk.ledger.release(desk.connector, [action], release_id="r", by="bert")
    settle(desk, action, Outcome.FAILED)
    failed = desk.exconn("actions", "follow", action, "--json")

    assert [running.code, held.code, refused.code, failed.code] == [7, 5, 4, 1]
    for told in (held, shown):
        assert f"exconn brakes release {action} --connector {desk.connector}" in told.err
    assert "the circuit breaker is full" in held.err
    assert "the circuit breaker is full" in shown.out
    assert (as_json.json["reason"], "circuit breaker" in as_json.json["reason_text"]) == ("breaker", True)
    assert "your own request" in refused.err
    assert failed.json["outcome"] == "failed"


def test_interrupted_command_exits_130_and_what_was_asked_goes_on(desk: Desk) -> None:
    running = desk.start("devices", "wipe", guid(1), "--yes", "--wait")
    wait_until(lambda: desk.ledger.unsettled(desk.connector), SOON, "the action")
    action = only_job(desk, Kind.WIPE)
    running.wait_until(lambda: "Job queued" in running.log.read_text(), SOON, "following")
    running.signal(signal.SIGINT)

    assert running.wait(SOON) == 130
    assert "Traceback" not in running.log.read_text()
    job = desk.ledger.job(action.id)
    assert job is not None
    assert job.state is not State.SETTLED


def test_action_is_cancelled_by_a_request(desk: Desk) -> None:
    action = desk.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()
    wait_until(lambda: desk.monitor.get(f"/v1/actions/{action}").status_code == 200, SOON, "the action to be shown")

    ran = desk.exconn("actions", "cancel", action, "--yes")

    assert (ran.code, f"{action} cancelled" in ran.out) == (0, True)
    assert not desk.ledger.unsettled(desk.connector)


def test_kill_switch_is_turned_and_shown(desk: Desk) -> None:
    assert desk.exconn("brakes", "pause").code == 0
    assert desk.ledger.switch(desk.connector) == "paused"
    assert "switch: paused" in desk.exconn("brakes", "show").out

    assert desk.exconn("brakes", "resume").code == 2
    assert desk.exconn("brakes", "resume", "--yes").code == 0
    assert desk.ledger.switch(desk.connector) == "running"


def test_connector_is_applied_from_a_sample_and_removed(desk: Desk) -> None:
    file = desk.exconn.folder / "south.toml"
    file.write_text(desk.exconn("connector", "sample", "--name", "south").out)
    assert desk.exconn("connector", "check", str(file)).code == 0
    assert "flagged" in desk.exconn("connector", "plan", str(file)).out

    applied = desk.exconn("connector", "apply", str(file))
    listed = desk.exconn("connector", "list", "--quiet")
    shown = desk.exconn("connector", "show", "south", "--json")
    removed = desk.exconn("connector", "remove", "south", "--yes")

    assert [applied.code, listed.code, shown.code, removed.code] == [0, 0, 0, 0]
    assert {desk.connector, "south"} <= set(listed.out.split())
    assert (shown.json["state"], shown.json["revision"]) == ("flagged", 1)
    assert desk.exconn("sweeps", "start", "full", "south").code == 3


def test_sweep_is_started_once(desk: Desk) -> None:
    first, second = desk.exconn("sweeps", "start", "full"), desk.exconn("sweeps", "start", "full")

    assert (first.code, second.code) == (0, 4)
    assert only_job(desk, Kind.SWEEP).id in second.err


def test_wait_ends_with_the_job(desk: Desk) -> None:
    running = desk.start("connector", "arm", desk.connector, "actions", "--wait", "--json")
    wait_until(lambda: desk.ledger.unsettled(desk.connector), SOON, "the preflight")
    settle(desk, only_job(desk, Kind.PREFLIGHT_ACTIONS).id, Outcome.REFUSED, Number.PREFLIGHT_FAILED)

    assert running.wait(SOON) == 4
    assert '"outcome": "refused"' in running.log.read_text()


def test_status_is_unhealthy_while_workers_are_missing(desk: Desk) -> None:
    ran = desk.exconn("status", "--json")

    assert ran.code == 8
    assert any("exconn run actions" in problem for problem in ran.json["problems"])


def test_messages_are_followed_as_they_come(desk: Desk) -> None:
    running = desk.start("messages", "follow", "--json")

    def is_told() -> bool:
        desk.ledger.pause(desk.connector, by="bert")
        desk.ledger.resume(desk.connector, by="bert")
        return "Kill switch" in running.log.read_text()

    running.wait_until(is_told, SOON, "a message that came while it followed")
    running.signal(signal.SIGINT)

    assert running.wait(SOON) == 130
