"""Checks of what this machine was told: settings, definition, secret files."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, skipped, warning
from exconn.cli.doctor.secret_files import secret_files

if TYPE_CHECKING:
    import redis

    from exconn.connector import ConnectorState

_URL_FILES = ("EXCONN_LEDGER_URL_FILE", "EXCONN_BROKER_URL_FILE")


def settings(worker: ExaminedWorker) -> Iterator[Finding]:
    """The variables that a worker reads."""
    from exconn.doorbell import WorkerSettings
    from exconn.settings import SettingsError, load

    try:
        worker.settings = load(WorkerSettings)
    except SettingsError as exc:
        unset = all(problem.is_missing for problem in exc.problems)
        if unset and worker.file is not None:
            yield skipped("settings", "no EXCONN_ variables here: broker and ledger are not looked at")
            return
        for problem in exc.problems:
            yield failed("settings", f"{problem.variable}: {problem.problem}", problem.remedy, ExitCode.BAD_INPUT)
        return
    source = f", from {worker.variables_from}" if worker.variables_from else ""
    yield ok("settings", f"a worker's variables are complete{source}")
    for variable in _URL_FILES:
        if named := os.environ.get(variable):
            yield from _private(f"file of {variable}", Path(named))


def _private(check: str, path: Path) -> Iterator[Finding]:
    """Is the file there, ours to read, and nobody else's?"""
    try:
        found = path.stat()
        with path.open("rb"):
            pass
    except OSError as exc:
        remedy = f"create {path}, readable by the user that the worker runs as"
        yield failed(check, f"{path}: {exc.strerror}", remedy, ExitCode.BAD_INPUT)
        return
    others = stat.S_IMODE(found.st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    if others:
        said = f"{path} can be opened by other users (mode {stat.S_IMODE(found.st_mode):04o})"
        yield warning(check, said, f"chmod 600 {path}, unless it is a secret mounted into a container")
        return
    yield ok(check, f"{path} is readable here and by nobody else")


def definition(worker: ExaminedWorker) -> Iterator[Finding]:
    """The connector's definition, from the file given or the newest revision on the ledger server."""
    if worker.file is not None:
        yield from _from_file(worker, worker.file)
    elif worker.client is None:
        yield skipped("definition", "it is on the ledger server, which can not be asked")
    else:
        yield from _from_ledger(worker, worker.client)


def _from_file(worker: ExaminedWorker, file: Path) -> Iterator[Finding]:
    from exconn.cli.definition_file import checked

    try:
        worker.definition, _ = checked(file)
    except CommandError as exc:
        yield failed("definition", exc.text, exc.remedy, exc.code)
        return
    if worker.client is not None:
        worker.state = _stored_state(worker.client, worker.definition.name)
    yield ok("definition", f"{file} defines {worker.definition.name}", connector=worker.definition.name)


def _stored_state(client: "redis.Redis", name: str) -> "ConnectorState | None":
    from exconn.connector import ConnectorStore

    return ConnectorStore(client).find(name)


def _from_ledger(worker: ExaminedWorker, client: "redis.Redis") -> Iterator[Finding]:
    from exconn.connector import ConnectorError, ConnectorStore

    store = ConnectorStore(client)
    names = [name for name, state in store.states().items() if state.state != "removed"]
    wanted = worker.named or (names[0] if len(names) == 1 else "")
    if not wanted:
        yield _which(names)
        return
    try:
        worker.state, worker.definition = store.get(wanted), store.definition(wanted)
    except ConnectorError as exc:
        known = f"; there is {', '.join(names)}" if names else ""
        yield failed("definition", f"no connector {wanted}{known}", exc.remedy, ExitCode.NOT_FOUND)
        return
    state = worker.state
    armed = ", ".join(state.armed) or "nothing"
    said = f"{wanted}, revision {state.revision}, {state.state}, armed: {armed}"
    yield ok("definition", said, connector=wanted, revision=state.revision, armed=list(state.armed))


def _which(names: list[str]) -> Finding:
    if names:
        said, remedy = f"there are {len(names)} connectors", f"name one: exconn doctor {names[0]}"
    else:
        said, remedy = "no connector was applied yet", "exconn doctor --file connector.toml looks at a definition"
    return failed("definition", said, remedy, ExitCode.BAD_INPUT)


def secrets(worker: ExaminedWorker) -> Iterator[Finding]:
    """The files that the definition names for each account, and the authority of Exchange's certificate."""
    if worker.definition is None:
        return
    if proxy_secret := worker.definition.exchange.proxy_password_file:
        yield from _private("proxy: secret", proxy_secret)
    for role in worker.roles():
        account = worker.definition.accounts.of(role)
        if account is None:
            remedy = f"add [accounts.{role}] to the definition and apply it"
            yield failed(f"{role}: account", "the definition names none", remedy, ExitCode.BAD_INPUT)
            continue
        absent = [path for path in secret_files(account) if not path.exists()]
        if absent and worker.may_live_elsewhere(role):
            remedy = f"run exconn doctor where the {role} worker runs"
            yield warning(f"{role}: secret", f"{absent[0]} is not on this machine; account not looked at", remedy)
            continue
        findings = [finding for path in secret_files(account) for finding in _private(f"{role}: secret", path)]
        yield from findings
        if all(finding.state != "failed" for finding in findings):
            worker.usable.append(role)
    if (authority := worker.definition.exchange.ca_file) and not authority.exists():
        remedy = "put the authority's certificate there, or correct ca_file"
        yield failed("ca_file", f"{authority}: No such file or directory", remedy, ExitCode.BAD_INPUT)
        worker.usable.clear()
