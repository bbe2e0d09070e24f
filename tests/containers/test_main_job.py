"""The main job on a deployment in containers, driven from outside by the command line."""

import base64
from collections.abc import Sequence
from datetime import timedelta

from tests.support.containers.stack import SERVERS, Stack, names
from tests.support.machine.processes import wait_until

SHOWN_WITHIN = timedelta(minutes=1)


def login_of(stack: Stack) -> str:
    return base64.b64encode((stack.folder / "flower-login").read_bytes()).decode()


def test_the_connector_is_installed_and_all_devices_are_known(installed: Stack) -> None:
    connector = installed.exconn("connector", "show", "demo")

    assert (connector["state"], connector["status_id"]) == ("installed", 1015)
    assert installed.exconn("devices", "list")["total"] == 320


def test_a_policy_is_compared_applied_and_the_same_afterwards(installed: Stack) -> None:
    differs = 8
    before = installed.exconn("policy", "plan", "--wait", exits=differs)
    installed.exconn("policy", "apply", "--yes", "--wait")
    after = installed.exconn("policy", "plan", "--wait")

    assert (len(before["drift"]), after["drift"]) == (4, [])


def test_a_wipe_is_followed_to_its_acknowledgement_and_issued_once(installed: Stack) -> None:
    phone = installed.phones()[0]

    ended = installed.exconn("devices", "wipe", phone["guid"], "--yes", "--reason", "stolen", "--wait")

    assert (ended["state"], ended["outcome"]) == ("settled", "succeeded")
    assert installed.wipes_in_exchange(phone["guid"]) == 1


def test_the_console_answers_on_its_published_port(installed: Stack) -> None:
    status, page = installed.get("console", "/")

    assert status == 200
    assert "demo" in page


def test_flower_asks_for_a_login_and_is_read_only(installed: Stack) -> None:
    login = login_of(installed)

    assert installed.get("flower", "/workers")[0] == 401
    assert installed.get("flower", "/workers", login=login)[0] == 200
    assert installed.get("flower", "/api/worker/shutdown/any", login=login, method="POST")[0] == 403


def test_flower_shows_the_queues_of_the_workers(installed: Stack) -> None:
    login = login_of(installed)

    def shown() -> bool:
        # The page of workers asks them anew.
        return (
            installed.get("flower", "/workers?refresh=1", login=login)[0] == 200
            and "exconn.actions.demo" in installed.get("flower", "/broker", login=login)[1]
        )

    wait_until(shown, SHOWN_WITHIN, "the queue of the actions in Flower")


def test_no_service_was_refused_anything_by_the_access_rules(installed: Stack) -> None:
    """What the table of grants lacks would show up here, also where a service goes on without it."""
    refused: Sequence[str] = [line for server in SERVERS for line in names(installed.refused_commands(server))]

    assert refused == []
