"""Containers that are killed in the middle of wipes, servers that are restarted: nothing is lost, nothing doubled."""

import http.client
from datetime import timedelta

from tests.support.containers.engine import CommandFailedError
from tests.support.containers.stack import DATABASE, SERVERS, SERVICES, Stack
from tests.support.machine.processes import wait_until

ANSWER_WITHIN = timedelta(minutes=4)
ACKNOWLEDGED_WITHIN = timedelta(minutes=5)
#: Flower shows doorbells and takes part in nothing.
KILLED = tuple(name for name in (*SERVICES, *SERVERS) if name not in ("flower", "policy"))
#: Killed during the same wipe: with one for each, the wipes of all tests here would stop at the demo's limit.
WITH = {"monitor": DATABASE, "coordinator": "policy"}


def wipe(stack: Stack, guid: str) -> str:
    """Ask for a wipe; its action id."""
    return str(stack.exconn("devices", "wipe", guid, "--yes", "--reason", "test")["job"])


def wait_answers(stack: Stack) -> None:
    """Until requests are taken and reads are answered."""

    def answered() -> bool:
        try:
            return all(stack.get(port, "/health")[0] == 200 for port in ("intake", "console"))
        except (OSError, http.client.HTTPException):
            return False

    wait_until(answered, ANSWER_WITHIN, "answers of intake and monitor")


def wait_acknowledged(stack: Stack, actions: dict[str, str]) -> None:
    """Until every phone has acknowledged; then each was told once."""
    open_ = dict.fromkeys(actions, "not looked at")

    def over() -> bool:
        looked = {action: _state(stack, action) for action in open_}
        for action in [action for action, state in looked.items() if state == "settled acknowledged"]:
            del open_[action], looked[action]
        open_.update(looked)
        return not open_ or _held(open_)

    wait_until(over, ACKNOWLEDGED_WITHIN, "every phone to acknowledge")
    assert open_ == {}
    assert {guid: stack.wipes_in_exchange(guid) for guid in actions.values()} == dict.fromkeys(actions.values(), 1)


def _state(stack: Stack, action: str) -> str:
    """What the monitor knows of an action; after a kill it may know nothing yet."""
    try:
        job = stack.exconn("jobs", "show", action)
    except CommandFailedError as exc:
        return f"not known: {exc}"
    return " ".join(word for word in (job["state"], job["phase"], job["reason"]) if word)


def _held(open_: dict[str, str]) -> bool:
    return any(state.startswith("held") for state in open_.values())


def test_every_container_is_killed_during_a_wipe_and_no_wipe_is_lost_or_doubled(installed: Stack) -> None:
    phones = installed.phones()[: len(KILLED)]
    actions = {}

    for service, phone in zip(KILLED, phones, strict=True):
        wait_answers(installed)
        actions[wipe(installed, phone["guid"])] = phone["guid"]
        installed.kill(service)
        if service in WITH:
            installed.kill(WITH[service])

    wait_answers(installed)
    wait_acknowledged(installed, actions)
    installed.wait_healthy(*SERVICES, *SERVERS, DATABASE)


def test_servers_that_are_restarted_keep_everything(installed: Stack) -> None:
    before = {job["id"] for job in installed.exconn("jobs", "list")["jobs"]}
    phone = installed.phones()[0]

    installed.compose("restart", *SERVERS, DATABASE)
    wait_answers(installed)

    action = wipe(installed, phone["guid"])
    wait_acknowledged(installed, {action: phone["guid"]})
    assert before <= {job["id"] for job in installed.exconn("jobs", "list")["jobs"]}
