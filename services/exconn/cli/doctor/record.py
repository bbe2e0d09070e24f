"""`exconn doctor --record`: looks once at everything that is read, and writes a transcript without persons."""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, skipped, warning
from exconn.cli.doctor.versions import product

if TYPE_CHECKING:
    from exconn.exchange import Session

#: Objects of each kind: enough to see their shapes.
_SAMPLE = 10
#: Mailboxes whose statistics are read.
_ASKED = 2


def record(worker: ExaminedWorker, file: Path) -> Iterator[Finding]:
    """Record with the discovery account, or with the first one that can be tried from here."""
    from exconn.exchange import ExchangeError, Session
    from exconn.exchange.transcript.recorder import Recorder, as_text

    if not worker.signed_in:
        yield skipped("record", "no account has opened a session")
        return
    endpoint, recorder = worker.endpoint(worker.signed_in[0]), Recorder()
    builds: list[str] = []
    try:
        with Session.open(endpoint, listener=recorder) as session:
            results = [(name, _tried(look, session, builds)) for name, look in _looks()]
    except ExchangeError as exc:
        yield failed("record", str(exc), "")
        return
    transcript = recorder.transcript(_about(builds, hosted=endpoint.hosted))
    try:
        file.write_text(as_text(transcript), encoding="utf-8")
    except OSError as exc:
        yield failed("record", f"{file}: {exc.strerror}", "name a file that can be written", ExitCode.BAD_INPUT)
        return
    said = f"{len(transcript['commands'])} commands in {file}; names, addresses, numbers, ids and hosts are made up"
    refused, hidden = ([name for name, result in results if result == each] for each in ("refused", "hidden"))
    if hidden:
        said = f"{said}; this account is not shown {', '.join(hidden)}"
    if refused:
        said = f"{said}; Exchange refused {', '.join(refused)}"
        yield warning("record", said, "the transcript shows how", file=str(file))
    else:
        yield ok("record", said, file=str(file))


def _tried(
    look: "Callable[[Session, list[str]], None]", session: "Session", builds: list[str]
) -> Literal["read", "hidden", "refused"]:
    """Run one look; an error of Exchange is part of the transcript. Anything that breaks the session passes through.

    What no worker of the account needs is hidden from it, as it should be.
    """
    from exconn.exchange import CmdletMissing, ObjectNotFound, ParameterMissing, RefusedByExchange, Transient

    try:
        look(session, builds)
    except (CmdletMissing, ParameterMissing):
        return "hidden"
    except (ObjectNotFound, RefusedByExchange, Transient):
        return "refused"
    return "read"


def _looks() -> "list[tuple[str, Callable[[Session, list[str]], None]]]":
    return [
        ("the metadata", lambda session, _: _metadata(session)),
        ("the organization", lambda session, _: _organization(session)),
        ("the servers", _servers),
        ("the policies", lambda session, _: _discard(session.mailbox_policies())),
        ("the access rules", lambda session, _: _discard(_listed(session, "Get-ActiveSyncDeviceAccessRule"))),
        ("the mailboxes", lambda session, _: _discard(_listed(session, "Get-CASMailbox", ResultSize=_SAMPLE))),
        ("the devices", lambda session, _: _devices(session)),
        ("an object that is not there", lambda session, _: _nobody(session)),
    ]


def _listed(session: "Session", cmdlet: str, **parameters: object) -> "list[Mapping[str, Any]]":
    """The objects of a list; errors beside them are in the transcript with them."""
    from exconn.exchange import Command, Gaps

    return list(session.stream(Command(cmdlet, parameters), Gaps()))


def _discard(_: object) -> None:
    """What was read is in the transcript already."""


def _metadata(session: "Session") -> None:
    from exconn.exchange import REQUIREMENTS

    session.lacks(each for group in REQUIREMENTS.values() for each in group)


def _organization(session: "Session") -> None:
    """An error beside it is in the transcript with it."""
    from exconn.exchange import Gaps

    session.organization_settings(Gaps())


def _servers(session: "Session", builds: list[str]) -> None:
    if not session.hosted:
        builds.extend(server.version for server in session.servers())


def _devices(session: "Session") -> None:
    """Some devices, and the statistics of the owners of two of them."""
    from exconn.exchange import Gaps, ObjectNotFound

    cmdlet = "Get-MobileDevice" if session.dialect == "MobileDevice" else "Get-ActiveSyncDevice"
    left = _ASKED
    for owner in _owners(_listed(session, cmdlet, ResultSize=_SAMPLE)):
        try:
            session.statistics_of_mailbox(owner, Gaps())
        except ObjectNotFound:
            continue  # a mailbox that was deleted leaves its devices in the directory
        left -= 1
        if not left:
            return


def _owners(devices: "Iterable[Mapping[str, Any]]") -> "Iterator[str]":
    """The owners of those devices that can be read, each once."""
    from exconn.exchange import Malformed
    from exconn.exchange.records import parse_device

    seen = {""}
    for one in devices:
        with suppress(Malformed):
            owner = parse_device(one).owner_dn
            if owner not in seen:
                seen.add(owner)
                yield owner


def _nobody(session: "Session") -> None:
    """How Exchange says that there is no such object; asked for a mailbox of nobody."""
    from exconn.exchange import ObjectNotFound

    try:
        session.mailbox_owner("00000000-0000-0000-0000-000000000001")
    except ObjectNotFound:
        return


def _about(builds: list[str], *, hosted: bool) -> dict[str, Any]:
    try:
        ours = version("exconn")
    except PackageNotFoundError:
        ours = "from a checkout"
    return {
        "exconn": ours,
        "python": platform.python_version(),
        "made": datetime.now(UTC).date().isoformat(),
        "hosted": hosted,
        "builds": sorted(set(builds)),
        "products": sorted({product(build) for build in builds}),
    }
