"""Looks at this machine: settings, the two servers, the clock, the definition, the secret files."""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exconn.cli.doctor.findings import Finding, failed, ok, skipped, warning
from exconn.cli.doctor.known_so_far import KnownSoFar
from exconn.cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    import redis

    from exconn.connector import ConnectorDefinition, ConnectorState
    from exconn.keyspace import UnreachableServerError

#: Leases and due times go by the ledger server's clock, what people read by this machine's.
CLOCKS_DIFFER_SECONDS = 5.0
CLOCKS_FAIL_SECONDS = 300.0
_URL_FILES = ("EXCONN_LEDGER_URL_FILE", "EXCONN_BROKER_URL_FILE")


def settings(patient: KnownSoFar) -> Iterator[Finding]:
    """The variables that a worker reads."""
    from exconn.doorbell import WorkerSettings
    from exconn.settings import SettingsError, load

    try:
        patient.settings = load(WorkerSettings)
    except SettingsError as exc:
        unset = all(problem.is_missing for problem in exc.problems)
        if unset and patient.file is not None:
            yield skipped("settings", "no EXCONN_ variables here: broker and ledger are not looked at")
            return
        for problem in exc.problems:
            yield failed("settings", f"{problem.variable}: {problem.problem}", problem.remedy, ExitCode.BAD_INPUT)
        return
    source = f", from {patient.borrowed}" if patient.borrowed else ""
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


def servers(patient: KnownSoFar) -> Iterator[Finding]:
    """The broker and the ledger server: there, and fit for what they keep."""
    if patient.settings is None:
        return
    from exconn.keyspace import connect

    broker = connect(patient.settings.broker_url.get_secret_value(), name="exconn-doctor")
    yield from _broker(broker)
    ledger = connect(patient.settings.ledger_url.get_secret_value(), name="exconn-doctor")
    findings = list(_ledger(ledger, volatile=patient.settings.ledger_volatile))
    yield from findings
    if not any(each.state == "failed" and each.code is ExitCode.UNREACHABLE for each in findings):
        patient.client = ledger


def _broker(client: "redis.Redis") -> Iterator[Finding]:
    from redis import RedisError

    from exconn.keyspace import unreachable
    from exconn.keyspace.connect import address_of

    address = address_of(client)
    try:
        client.ping()
    except RedisError as exc:
        yield _out_of_reach("broker", unreachable(client, exc))
        return
    try:
        policy = str(client.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except RedisError:
        policy = ""
    if policy and policy != "noeviction":
        remedy = "set maxmemory-policy to noeviction; until then lost doorbells are rung again"
        yield warning("broker", f"{address} evicts keys ({policy}), doorbells too", remedy)
        return
    yield ok("broker", f"{address} answers" + ("" if policy else "; its configuration is not shown to this user"))


def _ledger(client: "redis.Redis", *, volatile: bool) -> Iterator[Finding]:
    from redis import RedisError

    from exconn.keyspace import ServerUnfitError, UnreachableServerError, refuse_unfit
    from exconn.keyspace.connect import address_of

    address = address_of(client)
    try:
        refuse_unfit(client, volatile_allowed=volatile)
    except UnreachableServerError as exc:
        yield _out_of_reach("ledger", exc)
        return
    except ServerUnfitError as exc:
        yield failed("ledger", f"{address} has {exc.setting} {exc.value}, which can lose jobs", exc.remedy)
        return
    try:
        version = _version(client.info("server"))
    except RedisError:
        version = "version not shown to this user"
    said = f"{address} answers ({version}), and evicts nothing"
    if volatile:
        remedy = "demo only: set EXCONN_LEDGER_VOLATILE=false and appendonly yes"
        yield warning("ledger", f"{said}; jobs may be lost with its power", remedy, version=version)
        return
    yield ok("ledger", f"{said}; it writes an append-only file", version=version)


def _out_of_reach(server: str, found: "UnreachableServerError") -> Finding:
    remedy = found.remedy.replace("the URL", f"EXCONN_{server.upper()}_URL")
    return failed(server, f"{found.address}: {found.detail[:300]}", remedy, ExitCode.UNREACHABLE)


def _version(info: Any) -> str:
    for name, label in (("valkey_version", "Valkey"), ("redis_version", "Redis")):
        if info.get(name):
            return f"{label} {info[name]}"
    return "of unknown version"


def clock(patient: KnownSoFar) -> Iterator[Finding]:
    """This machine's time beside the ledger server's."""
    if patient.client is None:
        return
    before = time.time()
    seconds, microseconds = patient.client.time()
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


def definition(patient: KnownSoFar) -> Iterator[Finding]:
    """The connector's definition, from the file given or the newest revision on the ledger server."""
    if patient.file is not None:
        yield from _from_file(patient, patient.file)
    elif patient.client is None:
        yield skipped("definition", "it is on the ledger server, which can not be asked")
    else:
        yield from _from_ledger(patient, patient.client)


def _from_file(patient: KnownSoFar, file: Path) -> Iterator[Finding]:
    from exconn.cli.definition_file import checked

    try:
        patient.definition, _ = checked(file)
    except CommandError as exc:
        yield failed("definition", exc.text, exc.remedy, exc.code)
        return
    if patient.client is not None:
        patient.state = _stored_state(patient.client, patient.definition.name)
    yield ok("definition", f"{file} defines {patient.definition.name}", connector=patient.definition.name)


def _stored_state(client: "redis.Redis", name: str) -> "ConnectorState | None":
    from exconn.connector import ConnectorStore

    return ConnectorStore(client).find(name)


def _from_ledger(patient: KnownSoFar, client: "redis.Redis") -> Iterator[Finding]:
    from exconn.connector import ConnectorError, ConnectorStore

    store = ConnectorStore(client)
    names = [name for name, state in store.states().items() if state.state != "removed"]
    wanted = patient.named or (names[0] if len(names) == 1 else "")
    if not wanted:
        yield _which(names)
        return
    try:
        patient.state, patient.definition = store.get(wanted), store.definition(wanted)
    except ConnectorError as exc:
        known = f"; there is {', '.join(names)}" if names else ""
        yield failed("definition", f"no connector {wanted}{known}", exc.remedy, ExitCode.NOT_FOUND)
        return
    state = patient.state
    armed = ", ".join(state.armed) or "nothing"
    said = f"{wanted}, revision {state.revision}, {state.state}, armed: {armed}"
    yield ok("definition", said, connector=wanted, revision=state.revision, armed=list(state.armed))


def _which(names: list[str]) -> Finding:
    if names:
        said, remedy = f"there are {len(names)} connectors", f"name one: exconn doctor {names[0]}"
    else:
        said, remedy = "no connector was applied yet", "exconn doctor --file connector.toml looks at a definition"
    return failed("definition", said, remedy, ExitCode.BAD_INPUT)


def secrets(patient: KnownSoFar) -> Iterator[Finding]:
    """The files that the definition names for each account, and the authority of Exchange's certificate."""
    if patient.definition is None:
        return
    for role in patient.roles():
        account = patient.definition.accounts.of(role)
        if account is None:
            remedy = f"add [accounts.{role}] to the definition and apply it"
            yield failed(f"{role}: account", "the definition names none", remedy, ExitCode.BAD_INPUT)
            continue
        absent = [path for path in _files(account) if not path.exists()]
        if absent and patient.may_live_elsewhere(role):
            remedy = f"run exconn doctor where the {role} worker runs"
            yield warning(f"{role}: secret", f"{absent[0]} is not on this machine; account not looked at", remedy)
            continue
        findings = [finding for path in _files(account) for finding in _private(f"{role}: secret", path)]
        yield from findings
        if all(finding.state != "failed" for finding in findings):
            patient.usable.append(role)
    if (authority := patient.definition.exchange.ca_file) and not authority.exists():
        remedy = "put the authority's certificate there, or correct ca_file"
        yield failed("ca_file", f"{authority}: No such file or directory", remedy, ExitCode.BAD_INPUT)
        patient.usable.clear()


def _files(account: Any) -> list[Path]:
    """Every file that an account's definition names."""
    values = (getattr(account, name) for name in type(account).model_fields)
    return [value for value in values if isinstance(value, Path)]


def is_on_this_machine(definition: "ConnectorDefinition", role: Any) -> bool:
    """Whether the secret files of a role's account are here."""
    account = definition.accounts.of(role)
    return account is not None and all(path.exists() for path in _files(account))
