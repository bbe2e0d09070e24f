"""`exconn audit`: whether the record of what happened is whole, and taking it along."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from exconn.cli.audit_source import ELEMENTS, ENTRY, Line, lines_of_file, lines_of_monitor, readable
from exconn.cli.command_errors import CommandError, Ended, ExitCode
from exconn.cli.options import LimitOption
from exconn.cli.output import plain
from exconn.cli.session import CommandSession, session_of
from exconn.cli.wrapping import terminal_width, wrapped

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from exconn.audit import AuditReport

_COLUMNS = ("at", "fault", "key", "source", "size")
ActionsKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--actions-key", metavar="FILE", help="The public key of device actions, in base64; the context's otherwise."
    ),
]
#: How often a long log says how far it is.
_TOLD_EVERY = 50_000


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="The audit log: a Merkle tree over all status messages.", no_args_is_help=True)
    noun.command("verify", epilog="Example: exconn audit verify --key monitor-key.pub")(verify)
    noun.command("show", epilog="Example: exconn audit show 1204")(show)
    noun.command("export", epilog="Example: exconn audit export audit.jsonl")(export)
    noun.command("refused", epilog="Example: exconn audit refused")(refused)
    app.add_typer(noun, name="audit")


def verify(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="An export; otherwise the monitor is asked.")
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", metavar="FILE", help="A public key that signs checkpoints, in base64; the context's otherwise."
        ),
    ] = None,
    anchors: Annotated[
        list[Path] | None,
        typer.Option(
            "--anchors",
            metavar="FILE",
            help="A file to which checkpoints were appended; the context's otherwise. May be repeated.",
        ),
    ] = None,
    actions: ActionsKeyOption = None,
    syslog: Annotated[
        list[Path] | None,
        typer.Option("--syslog", metavar="FILE", help="A log file with checkpoints among its lines; may be repeated."),
    ] = None,
) -> None:
    """Verify every message, number and checkpoint; exit 8 if anything was changed."""
    from exconn.cli.audit_verification import actions_key, public_keys, second_places, verified

    session = session_of(context)
    lines = lines_of_file(file) if file else lines_of_monitor(session.monitor)
    # An export may be of another deployment, and needs no context.
    named = None if file else session.context
    places = second_places(anchors or [], syslog or [], named)
    signer = actions_key(actions, named)
    report = verified(_told(session, lines), keys=public_keys(key or [], named), anchors=places, actions_key=signer)
    if signer is None:
        report.warnings.append(
            "no key of device actions was given: whether steps of actions are signed was not looked at"
        )
    _show_report(session, report)
    raise Ended(ExitCode.DONE if report.good else ExitCode.UNHEALTHY)


def show(
    context: typer.Context,
    sequence: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help="The number of a message; otherwise the log's end.")
    ] = None,
    actions: ActionsKeyOption = None,
) -> None:
    """Show how long the log is, or what it has of one message."""
    from exconn.cli.audit_verification import actions_key

    session = session_of(context)
    if sequence is None:
        found = session.monitor.get("/v1/audit")
        session.out.record(found, _end(found), name=found["root"])
        return
    found = session.monitor.get(f"/v1/audit/messages/{sequence}")
    found["unsigned"] = _unsigned(found["entries"], actions_key(actions, session.context))
    if not session.out.for_people:
        session.out.json(found) if session.out.as_json else session.out.name(found["entries"][0]["hash"])
        return
    for place, entry in enumerate(found["entries"]):
        if place:
            session.out.line()
        session.out.fields(_element(entry))
    if found["unsigned"]:
        session.out.line(f"NOT SIGNED: it says of an action what its worker did not sign ({found['unsigned']})")


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, of its owner alone.")],
) -> None:
    """Write the log to a file, which `verify --file` needs no monitor for; it holds what people wrote."""
    session = session_of(context)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        problem = exc.strerror or "cannot be written"
        raise CommandError(ExitCode.BAD_INPUT, f"{file}: {problem}", remedy="name a new file") from exc
    count = 0
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        for line in _told(session, lines_of_monitor(session.monitor)):
            for written in readable(line):
                out.write(json.dumps(written) + "\n")
                count += written["type"] == ENTRY
    session.out.record({"file": str(file), "records": count}, [("file", file), ("records", count)], name=str(file))


def refused(context: typer.Context, limit: LimitOption = 50) -> None:
    """List the newest requests whose signature was not good; none of them was done."""
    session = session_of(context)
    found = session.monitor.get("/v1/audit/refused", limit=limit)
    rows = [{**one, "at": _moment(one["at"])} for one in found["refused"]]
    session.out.listing(found, rows, _COLUMNS, name="digest", empty="none was refused", wrap=("key",))


def _told(session: CommandSession, lines: Iterator[Line]) -> Iterator[Line]:
    """The lines, with a word now and then how far they are."""
    size = done = 0
    for line in lines:
        size = line.get("size", 0) if not done and line["type"] == "head" else size
        before, done = done, done + (len(line["elements"]) if line["type"] == ELEMENTS else line["type"] == ENTRY)
        if before // _TOLD_EVERY < done // _TOLD_EVERY:
            session.out.note(f"{done} of {size}")
        yield line


def _show_report(session: CommandSession, report: "AuditReport") -> None:
    from dataclasses import asdict

    if session.out.as_json:
        session.out.json({"good": report.good, **asdict(report)})
        return
    for finding in report.findings:
        session.out.name(str(finding.sequence) if session.out.quiet else plain(finding.text))
    for warning in report.warnings:
        session.out.note(f"note: {warning}")
    numbers = f"messages {report.first} to {report.last}" if report.last else "no message"
    verdict = "good" if report.good else f"{report.count} findings"
    session.out.line(f"{verdict}: {report.records} records, {numbers}, {report.checkpoints} checkpoints")
    for place in report.anchors:
        newest = f"the newest at record {place.size}, {_moment(place.at)}" if place.checkpoints else "so nothing"
        text = f"compared with {place.place}: {place.checkpoints} checkpoints, {place.agree} agree; {newest}"
        for line in wrapped(plain(text), terminal_width()):
            session.out.line(line)


def _end(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "records", found["size"]
    yield "root", found["root"]
    sealed = found["checkpoint"]
    yield "newest checkpoint", f"at record {sealed['size']}, {_moment(sealed['at'])}" if sealed else "none yet"
    done = found["verified"]
    told = f"{done['result']}, {_moment(done['started_at'])}, {done['records']} records" if done else "not yet"
    yield "verified", told
    yield "signed by", (sealed and sealed["key"]) or "nobody: set EXCONN_AUDIT_KEY_FILE"


def _unsigned(entries: list[dict[str, Any]], key: "Ed25519PublicKey | None") -> str:
    """What does not hold of a message as no worker has signed it, in a word."""
    from exconn.audit.steps import problem_of_row

    rows = [entry["row"] for entry in entries if entry["row"]] if key is not None else []
    return next((problem for row in rows if key and (problem := problem_of_row(key, row))), "")


def _element(entry: dict[str, Any]) -> Iterator[tuple[str, object]]:
    row = entry["row"] or {}
    yield "record", entry["record"]
    yield "place in the log", entry["position"]
    yield "hash", entry["hash"]
    for name in ("at", "by", "number", "connector", "job", "state", "text"):
        yield name, _moment(row["at"]) if name == "at" and row else row.get(name)
    data = row.get("data") or {}
    request = data.get("request") or {}
    for name in ("reason", "key", "digest", "source"):
        if name in request:
            yield f"request: {name}", request[name]


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
