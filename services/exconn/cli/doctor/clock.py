"""Checks of clocks: leases and due times go by the ledger server's, what people read by this machine's."""

import time
from collections.abc import Iterator

from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, warning

CLOCKS_DIFFER_SECONDS = 5.0
CLOCKS_FAIL_SECONDS = 300.0


def clock(worker: ExaminedWorker) -> Iterator[Finding]:
    """This machine's time beside the ledger server's."""
    if worker.client is None:
        return
    before = time.time()
    seconds, microseconds = worker.client.time()
    ours = (before + time.time()) / 2
    yield clock_finding("clock", "the ledger server", ours - (float(seconds) + float(microseconds) / 1e6))


def clock_finding(check: str, whose: str, difference: float, *, tolerance: float = CLOCKS_DIFFER_SECONDS) -> Finding:
    """What a difference between two clocks means (pure)."""
    said = f"{abs(difference):.1f} s {'ahead of' if difference > 0 else 'behind'} {whose}"
    if abs(difference) <= tolerance:
        return ok(check, f"this machine agrees with {whose}", seconds=round(difference, 1))
    remedy = "let both machines take their time from the same source (NTP)"
    if abs(difference) <= CLOCKS_FAIL_SECONDS:
        return warning(check, f"this machine is {said}", remedy, seconds=round(difference, 1))
    return failed(check, f"this machine is {said}; Kerberos refuses more than five minutes", remedy)
