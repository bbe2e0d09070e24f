"""Looks at the audit log through the monitor: sealed lately, verified lately, and with what result."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from exconn.cli.command_errors import CommandError
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, skipped, warning

_SEAL, _VERIFICATION = "audit log", "audit verification"
ASKED_WITHIN = timedelta(seconds=5)
#: Records may wait so long for a checkpoint, and a verification so long for its turn.
MOST_LATE = timedelta(hours=1)
_VERIFY = "python -m exconn.monitor verify, with the monitor's settings"


def audit_log(worker: ExaminedWorker) -> Iterator[Finding]:
    """The newest checkpoint and the newest verification, as the monitor has them; not for a definition in a file."""
    if worker.settings is None or worker.file is not None:
        return
    if worker.monitor is None:
        yield skipped(_SEAL, "no monitor is named here: the context's monitor_url would be asked")
        return
    try:
        found = worker.monitor.get("/v1/audit", within=ASKED_WITHIN)
    except CommandError as exc:
        yield warning(_SEAL, f"not looked at: {exc.text}", exc.remedy)
        return
    now = datetime.now(UTC)
    try:
        yield seal_finding(found, now)
        yield verification_finding(found, now)
    except (KeyError, TypeError, ValueError):
        said = f"{worker.monitor.url} answers, and not as a monitor of this version"
        yield warning(_SEAL, said, "see the context's monitor_url; let monitor and command line be of one version")


def seal_finding(found: Any, now: datetime) -> Finding:
    """What the newest checkpoint means (pure)."""
    size, sealed = found["size"], found["checkpoint"]
    if not size:
        return ok(_SEAL, "it has no record yet")
    if sealed is None:
        remedy = "see that a monitor projects, and its log"
        return warning(_SEAL, f"{size} records, and no checkpoint", remedy, records=size)
    waiting, age = size - sealed["size"], now - _moment(sealed["at"])
    said = f"{size} records, the newest checkpoint at record {sealed['size']}, {_shown(sealed['at'])}"
    if waiting and age > MOST_LATE:
        remedy = "see that a monitor projects, its log, and EXCONN_AUDIT_CHECKPOINT_EVERY"
        return warning(_SEAL, f"{said}; {waiting} records wait for one", remedy, records=size)
    if not sealed["signature"]:
        remedy = "make a key (exconn requesters keys --new FILE), and set EXCONN_AUDIT_KEY_FILE of the monitor"
        return warning(
            _SEAL, f"{said}, not signed: who writes the database can write the log anew", remedy, records=size
        )
    return ok(_SEAL, f"{said}, signed by {sealed['key']}", records=size, key=sealed["key"])


def verification_finding(found: Any, now: datetime) -> Finding:
    """What the newest verification means (pure)."""
    done = found["verified"]
    if done is None:
        return warning(_VERIFICATION, "the log was never verified", f"see that a monitor projects, or {_VERIFY}")
    when, clean = _shown(done["started_at"]), done["clean_at"]
    data = {"result": done["result"], "records": done["records"]}
    if done["result"] == "broken":
        remedy = "find out who writes the monitor's database; exconn audit verify names all that was changed"
        return failed(_VERIFICATION, f"{when}: {done['said']}", remedy, **data)
    if done["result"] != "clean":
        since = f"the last clean one was {_shown(clean)}" if clean else "none was clean yet"
        remedy = f"see problem audit_unverified (exconn problems list), then {_VERIFY}"
        return warning(_VERIFICATION, f"{when}: {done['said']}; {since}", remedy, **data)
    if now - _moment(done["due"]) > MOST_LATE:
        remedy = f"see that a monitor projects, or {_VERIFY}"
        return warning(_VERIFICATION, f"the last was {when}, the next was due {_shown(done['due'])}", remedy, **data)
    return ok(_VERIFICATION, f"{when}: {done['records']} records, nothing was changed", **data)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _shown(milliseconds: int) -> str:
    return _moment(milliseconds).strftime("%Y-%m-%d %H:%M")
