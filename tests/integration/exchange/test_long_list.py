"""A list as long as the largest organization, over real HTTPS, read by a process of its own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from exconn.exchange import Endpoint, Gaps, Session
from tests.support.exchange.simulator import running_simulator
from tests.support.machine.skip_or_fail import require

DEVICES = 100_000
EARLY = 2_000
#: What may come on top between the two looks: less than one answer.
MORE_KB = 4_096


@pytest.mark.timeout(300)
def test_memory_at_a_hundred_thousand_devices_is_what_it_was_at_two_thousand(tmp_path: Path) -> None:
    require(Path("/proc/self/status").exists(), "kernel that tells a process's peak memory", "run on Linux")
    with running_simulator(tmp_path, devices=DEVICES) as simulator:
        given = {
            "url": simulator.url,
            "username": simulator.username("discovery"),
            "password": simulator.password("discovery"),
            "ca_file": simulator.ca_file,
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.integration.exchange.test_long_list"],
            input=json.dumps(given), check=True, capture_output=True, text=True, timeout=280,
        )  # fmt: skip

        partnerships = simulator.partnership_count()

    early, late, count = map(int, done.stdout.split())
    assert count == partnerships >= DEVICES
    assert late <= early + MORE_KB


def _peak_kb() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert found is not None
    return int(found[1])


def _read_all() -> None:
    """The other process: peak memory early and late, and how many devices there were."""
    early = count = 0
    with Session.open(Endpoint(**json.loads(sys.stdin.read()))) as session:
        for count, _ in enumerate(session.devices(Gaps()), 1):
            if count == EARLY:
                early = _peak_kb()
    print(early, _peak_kb(), count)


if __name__ == "__main__":
    _read_all()
