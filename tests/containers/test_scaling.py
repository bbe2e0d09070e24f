"""More workers of a kind share the work."""

from datetime import timedelta

from tests.support.containers.stack import Stack
from tests.support.machine.processes import wait_until

SEEN_WITHIN = timedelta(minutes=1)


def test_four_discovery_workers_take_part_in_a_sweep(installed: Stack) -> None:
    installed.compose("up", "--detach", "--no-recreate", "--scale", "discovery=4", "discovery")
    installed.wait_healthy("discovery")

    ended = installed.exconn("sweeps", "start", "full", "--wait")

    assert ended["outcome"] == "succeeded"
    workers = installed.containers("discovery")
    assert len(workers) == 4

    def worked() -> bool:
        logs = [installed.compose("logs", "--no-log-prefix", "--index", str(i), "discovery") for i in range(1, 5)]
        return sum('"event": "job started"' in log for log in logs) >= 2

    wait_until(worked, SEEN_WITHIN, "jobs in the logs of more than one worker")
