"""A company that is attacked, and the witnesses of what is done to it: Exchange's own log, the ledger, the monitor.

Its definition is tighter than the bounds in its registry: of one requester LIMIT wipes an hour begin, of all BREAKER.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from exconn.keyspace import keys
from exconn.ledger import Job, State
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.people import People
from tests.faults.attack.setting import A_MINUTE, LATE_WIPES_WITHIN, LIMIT
from tests.support.fault_runs.evidence import clears
from tests.support.machine.processes import comes_true


class Company(People):
    """Installed, discovered, armed and running between `start` and `stop`."""

    def __init__(self, folder: Path, *, without: str = "", settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, without=without, settings=settings)
        self._phones: list[str] = []
        self._problems_before: set[tuple[str, ...]] = set()

    def start(self, seed: int = 7) -> None:
        """Servers, services, people; then the connector, as they would bring it into service."""
        self.open(seed)
        self.found()
        self._phones = self._untouched()
        self.settle_monitor()
        self._problems_before = set(self._problems())

    def phones(self, number: int) -> list[str]:
        """So many phones that nobody has taken yet."""
        taken, self._phones = self._phones[:number], self._phones[number:]
        if len(taken) < number:
            raise RuntimeError(f"only {len(taken)} of {number} phones: simulate more devices")
        return taken

    def job(self, job_id: str) -> Job | None:
        """A job as the ledger has it."""
        return self.ledger.job(job_id)

    def wait_until_they_rest(self, jobs: Sequence[str], within: timedelta = A_MINUTE) -> bool:
        """Until each of the jobs is sent, held, paused, ended or gone; whether they are."""
        return bool(comes_true(lambda: all(self._rests(job_id) for job_id in jobs), within))

    def wait_until_they_end(self, jobs: Sequence[str], within: timedelta = A_MINUTE) -> bool:
        """Until each of the jobs has ended or is gone; whether they have."""

        def ended() -> bool:
            found = [self.job(job_id) for job_id in jobs]
            return all(job is None or job.state is State.SETTLED for job in found)

        return bool(comes_true(ended, within))

    def _rests(self, job_id: str) -> bool:
        job = self.job(job_id)
        if job is None or job.state in (State.HELD, State.SETTLED):
            return True
        return job.wait == "switch" or job.phase not in ("accepted", "issuing")

    def wiped(self) -> list[str]:
        """The partnerships that Exchange was told to wipe, by its own log."""
        entries = self.simulator.oracle(cmdlet="Clear-*")
        return sorted({clear.guid for clear in clears(entries) if not clear.cancel})

    def outcome(
        self, *, allowed: int = LIMIT, secrets_out: int = 0, lost: int = 0, alarms: Sequence[str] = ()
    ) -> Outcome:
        """Count. With `alarms` one of these is waited for, a minute at most."""
        comes_true(lambda: len(self.wiped()) > allowed, LATE_WIPES_WITHIN)
        self.settle_monitor()
        comes_true(lambda: not alarms or set(alarms) & set(self.named()), A_MINUTE)
        beyond = max(0, len(self.wiped()) - allowed)
        return Outcome(wiped_beyond=beyond, secrets_out=secrets_out, lost=lost, named=self.named())

    def named(self) -> tuple[str, ...]:
        """The problems that came up since the attack began."""
        return tuple(sorted({problem[0] for problem in set(self._problems()) - self._problems_before}))

    def monitor_shows(self, path: str, **query: str | int) -> dict[str, Any]:
        """An answer of the monitor; empty when it has none."""
        return self._monitor(path, **query)

    def settle_monitor(self) -> None:
        """Wait until the monitor shows what the ledger had said by now; a fallen service may keep it from that."""
        last = int(self.client.get(keys.SEQUENCE) or 0)
        comes_true(lambda: self._monitor("/v1/messages", after=last - 1, limit=1).get("messages"), A_MINUTE)

    def _problems(self) -> list[tuple[str, ...]]:
        named = ("code", "connector", "service", "account", "kind", "reason", "finding")
        found = self._monitor("/v1/problems").get("problems", [])
        return [tuple(str(problem[name]) for name in named) for problem in found]

    def _monitor(self, path: str, **query: str | int) -> dict[str, Any]:
        try:
            reply = httpx2.get(self.cluster.monitor_url + path, params=query or None, timeout=10, trust_env=False)
        except httpx2.TransportError:
            return {}
        return dict(reply.json()) if reply.status_code == httpx2.codes.OK else {}

    def _untouched(self) -> list[str]:
        return [
            str(device["guid"])
            for device in self.simulator.devices(limit=1000)
            if device["online"]
            and not str(device["device_type"]).startswith("Outlook")
            and not device["wipe"]["requested"]
        ]
