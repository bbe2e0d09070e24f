"""Clients of other people, each in its own environment, hold the same session with the simulator."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.environments import locked_environment, run_in

SCENARIO = Path(__file__).with_name("scenario.py")
LOCK = Path(__file__).parents[4] / "requirements" / "stranger.txt"
DEVICES = 400
TEXT = "a & b < c > \" ' § _x0041_ \U0001f4f1 \x07 \t end  "
#: What no two runs share: server, request and time before an error id.
PREFIX = re.compile(r"\[Server=[^]]*\] ")

Play = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    directory = tmp_path_factory.mktemp("simulator")
    users = directory / "users.json"
    users.write_text(json.dumps({"chief": {"username": "chief@corp.example", "password": "p", "role": "all"}}))
    with running_simulator(directory, devices=DEVICES, users=users) as running:
        yield running


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the newer generation of the client."""
    return locked_environment(tmp_path_factory.mktemp("stranger"), LOCK)


@pytest.fixture(scope="module")
def known() -> dict[str, dict[str, Any]]:
    """What clients saw already."""
    return {}


@pytest.fixture
def play(simulator: RunningSimulator, known: dict[str, dict[str, Any]], request: pytest.FixtureRequest) -> Play:
    """Plays the scenario with a client against an untouched organization; what the client saw."""

    def played(client: str) -> dict[str, Any]:
        if client in known:
            return known[client]
        simulator.start_anew(DEVICES, sync_seconds=3600)
        # Whatever the steps before need; only the cmdlet that is to be stopped is slow.
        simulator.fault("slow", "Get-MobileDevice", after=5, seconds=30)
        phone = next(d for d in simulator.devices() if d["state_reason"] == "Global" and d["client_type"] == "EAS")
        address = urlsplit(simulator.url)
        settings = {
            "host": address.hostname,
            "port": address.port,
            "ca_file": simulator.ca_file,
            "username": simulator.username("chief"),
            "password": simulator.password("chief"),
            "guid": phone["guid"],
            "user": phone["user"],
            "device_id": phone["device_id"],
        }
        python = Path(sys.executable) if client == "pypsrp" else request.getfixturevalue("newer")
        told = run_in(python, SCENARIO, client, given=json.dumps(settings), timeout_seconds=60)
        seen = json.loads(PREFIX.sub("", told))
        assert isinstance(seen, dict)
        known[client] = seen
        return seen

    return played


@pytest.mark.check("two generations of one client")
@pytest.mark.parametrize("client", ["pypsrp", "psrp", "psrp-async"])
def test_client_sees_what_is_there_and_leaves_nothing_behind(
    play: Play, simulator: RunningSimulator, client: str
) -> None:
    seen = play(client)

    phone = simulator.devices(limit=1)[0]
    assert seen["device"]["output"][0]["DeviceId"] == phone["device_id"]
    assert [len(seen[step]["output"]) for step in ("statistics", "cut", "all")] == [1, 3, DEVICES]
    assert [len(seen[step]["warnings"]) for step in ("cut", "all")] == [1, 0]
    assert (seen["missing"]["failed"], seen["hidden"]["failed"], seen["script"]["failed"]) == (False, True, True)
    assert [e[1] for e in seen["script"]["errors"]] == ["ScriptsNotAllowed"]
    assert seen["text"]["output"] == [{"UserMailInsert": TEXT}]
    assert seen["allowed"]["output"] == [{"DeviceAccessState": "Allowed"}]
    assert (seen["stop"], seen["widened"], seen["after"]["failed"]) == ("stopped", True, False)
    assert [e["outcome"] for e in simulator.oracle("Clear-*")] == ["ok"]
    counters = simulator.counters()
    assert (counters["open_shells"], counters["open_commands"], counters["parked_receives"]) == (0, 0, 0)


@pytest.mark.check("two generations of one client")
def test_all_clients_see_the_same(play: Play) -> None:
    first, *others = (play(client) for client in ("pypsrp", "psrp", "psrp-async"))
    for other in others:
        assert other == first
