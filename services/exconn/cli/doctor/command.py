"""`exconn doctor`: looks, and says what to do next. It runs with a worker's settings, on the worker's machine."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from exconn.cli.command_errors import CommandError, Ended, ExitCode, bad_input
from exconn.cli.doctor import configuration
from exconn.cli.doctor.bundle import bundle
from exconn.cli.doctor.checks import all_checks
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Check, Finding, exit_code, failed, summary
from exconn.cli.doctor.record import record
from exconn.cli.doctor.scripts import write_role_scripts
from exconn.cli.doctor.servers import servers
from exconn.cli.doctor.worker_variables import load_worker_variables
from exconn.cli.output import Output, plain
from exconn.cli.session import CommandSession, session_of
from exconn.cli.wrapping import sentence_width, wrapped

if TYPE_CHECKING:
    from exconn.cli.http import Site
    from exconn.connector import ConnectorDefinition
    from exconn.contracts import AccountRole

_FEATURES = ("discovery", "policy", "actions")
_INDENT = 9
_LEAST_WIDTH = 40


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor", epilog="Example: exconn doctor contoso --for policy,actions")(doctor)


def doctor(
    context: typer.Context,
    connector: Annotated[
        str, typer.Argument(metavar="CONNECTOR", help="Connector; the only one otherwise.", show_default=False)
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A definition that was not applied yet.")
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            "--for", metavar="FEATURES", help="Also what these need: policy, actions. Otherwise what is armed."
        ),
    ] = "",
    recorded: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", help="Write a transcript of reading, with made-up personal values."),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE", help="Write an archive for whoever helps, without names and secrets."),
    ] = None,
    roles: Annotated[
        Path | None,
        typer.Option("--roles", metavar="DIRECTORY", help="Look at nothing; write role scripts for Exchange there."),
    ] = None,
    protected: Annotated[
        str,
        typer.Option("--protected", metavar="DN", help="With --roles: a group whose direct members nobody may wipe."),
    ] = "",
) -> None:
    """Look at settings, servers, network, certificate, accounts and rights; change nothing.

    Needs a worker's variables (exconn env sample discovery; beside a demo they are known) and secret files.
    With --file the definition is enough.
    """
    session = session_of(context)
    out = session.out
    variables_from = load_worker_variables(session) if file is None else None
    worker = ExaminedWorker(named=connector, file=file, asked=_asked(features), variables_from=variables_from)
    worker.monitor = _monitor(session)
    if roles is not None:
        write_role_scripts(out, _defined(worker), roles, protected=protected)
        return
    if protected:
        bad_input("--protected belongs to --roles", remedy="add --roles DIRECTORY")
    findings = _examined(worker, out, recorded)
    if archive is not None:
        for finding in bundle(worker, archive, findings[:]):
            findings.append(finding)
            _show(out, finding)
    code = exit_code(findings)
    _conclude(out, worker, findings, code)
    if code is not ExitCode.DONE:
        raise Ended(code)


def _monitor(session: CommandSession) -> "Site | None":
    try:
        return session.monitor
    except CommandError:
        return None


def _defined(worker: ExaminedWorker) -> "ConnectorDefinition":
    """The definition that the options name. Raises CommandError."""
    looks = (configuration.definition,) if worker.file else (configuration.settings, servers, configuration.definition)
    for look in looks:
        for finding in look(worker):
            if finding.state == "failed":
                raise CommandError(finding.code, f"{finding.check}: {finding.said}", remedy=finding.next)
    if worker.definition is None:
        bad_input("no definition", remedy="name one: exconn doctor --file connector.toml --roles DIRECTORY")
    return worker.definition


def _asked(features: str) -> "tuple[AccountRole, ...]":
    names = tuple(name for name in features.replace(" ", "").split(",") if name)
    for name in names:
        if name not in _FEATURES:
            bad_input(f"--for {name}: no such feature", remedy=f"any of {', '.join(_FEATURES)}, with commas between")
    return cast("tuple[AccountRole, ...]", names)


def _examined(worker: ExaminedWorker, out: Output, recorded: Path | None) -> list[Finding]:
    findings = []
    asked: list[Check] = [("transcript", partial(record, worker, recorded))] if recorded else []
    for name, look in chain(all_checks(worker), asked):
        _progress(out, name)
        for finding in _or_failed(name, look):
            findings.append(finding)
            _progress(out, "")
            _show(out, finding)
    return findings


def _or_failed(name: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a look finds; a ledger server that refuses or goes away, and what Kerberos raises, are findings, too."""
    from redis import RedisError

    try:
        yield from look()
    except RedisError as exc:
        said = f"the ledger server did not answer as it should ({type(exc).__name__})"
        remedy = "see the look at it above, and what its user may do"
        yield failed(name, said, remedy, ExitCode.UNREACHABLE)
    except Exception as exc:
        from exconn.exchange.wsman.kerberos import is_kerberos_error

        if not is_kerberos_error(exc):
            raise
        said = f"the Kerberos library gave up ({type(exc).__name__})"
        yield failed(name, said, "see krb5.conf (KRB5_CONFIG), DNS and the keytab or ticket cache")


def _progress(out: Output, name: str) -> None:
    """What is being looked at, for somebody who watches; the line is overwritten by what is found."""
    if out.for_people and sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{'... ' + name if name else ''}")
        sys.stderr.flush()


def _show(out: Output, finding: Finding) -> None:
    if out.quiet:
        if finding.state == "failed":
            out.name(finding.check)
        return
    label = {"not looked at": "-"}.get(finding.state, finding.state)
    text = f"{finding.check}: {plain(finding.said)}"
    width = max(_LEAST_WIDTH, sentence_width())
    for line in wrapped(text, width, first=f"{label:<{_INDENT}}"):
        out.line(line)
    for line in wrapped(f"next: {plain(finding.next)}" if finding.next else "", width, first=" " * _INDENT):
        out.line(line)


def _conclude(out: Output, worker: ExaminedWorker, findings: list[Finding], code: ExitCode) -> None:
    counts = summary(findings)
    if out.as_json:
        name = worker.definition.name if worker.definition else worker.named or None
        state = "failed" if counts["failed"] else "warning" if counts["warning"] else "ok"
        checks = [finding.as_json() for finding in findings]
        out.json({"connector": name, "state": state, "exit_code": int(code), "counts": counts, "checks": checks})
        return
    counted = {state: f"{count} {state}" for state, count in counts.items() if count}
    if counts["warning"] > 1:
        counted["warning"] += "s"
    said = ", ".join(counted.values())
    out.line()
    out.line(f"{said}; nothing was changed")
