"""`exconn doctor --bundle`: an archive for whoever helps, with versions, masked settings, health and findings.

Bounded in size, and redacted: without hosts, accounts, persons, ids and secrets; its manifest lists what is inside.
"""

import json
import os
import platform
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.bundle_redaction import Redactor, redactor_for
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, summary

if TYPE_CHECKING:
    import redis

#: Largest member, in characters; what is beyond is cut at the front, where it is oldest.
MOST_CHARACTERS = 256 * 1024
MOST_LOGS = 10
MOST_MESSAGES = 500
#: A moment that fits every archive: two archives of the same texts are the same.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_PACKAGES = (
    "exconn",
    "celery",
    "cryptography",
    "httpx2",
    "kombu",
    "pydantic",
    "pypsrp",
    "pyspnego",
    "redis",
    "sqlalchemy",
    "typer",
)
_ABOUT = {
    "findings.json": "what exconn doctor found",
    "versions.json": "versions of exconn, Python and packages",
    "settings.txt": "a worker's settings, secrets masked",
    "health.json": "connectors, signs of life, streams, the ledger server",
    "messages.jsonl": "the newest status messages: numbers, times, kinds; without what they are about",
}


def bundle(worker: ExaminedWorker, file: Path, findings: list[Finding]) -> Iterator[Finding]:
    """Write the archive."""
    redactor = redactor_for(worker)
    members = dict(_members(worker, redactor, findings))
    manifest = [
        {"name": name, "characters": len(text), "what": _ABOUT.get(name, "the end of a log, redacted line by line")}
        for name, text in members.items()
    ]
    made = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "members": manifest}
    try:
        with _own_file(file) as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in {"manifest.json": _json(made), **members}.items():
                archive.writestr(zipfile.ZipInfo(name, _MOMENT), text, zipfile.ZIP_DEFLATED)
    except OSError as exc:
        yield failed("bundle", f"{file}: {exc.strerror}", "name a file that can be written", ExitCode.BAD_INPUT)
        return
    yield ok("bundle", f"{len(members) + 1} files in {file}; look into it before you send it", file=str(file))


def _own_file(file: Path) -> BinaryIO:
    """The file, emptied, which nobody else may read from its first byte on. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    opened = os.fdopen(descriptor, "wb")
    os.fchmod(descriptor, 0o600)
    opened.truncate()
    return opened


def _members(worker: ExaminedWorker, redactor: Redactor, findings: list[Finding]) -> Iterator[tuple[str, str]]:
    found = {"counts": summary(findings), "checks": [_shown(each) for each in findings]}
    yield "findings.json", _json(redactor.redact_all(found))
    yield "versions.json", _json(_versions())
    if worker.settings is not None:
        yield "settings.txt", redactor.redact(_settings(worker))
    if worker.client is not None:
        yield "health.json", _json(redactor.redact_all(_health(worker.client)))
        yield "messages.jsonl", _bounded("".join(_messages(worker.client)))
    for number, log in enumerate(islice(_logs(worker), MOST_LOGS), 1):
        yield f"logs/{number}-{log.stem}.log", _bounded(_redacted_end(log, redactor))


def _shown(finding: Finding) -> dict[str, Any]:
    shown = finding.as_json()
    # What is said in words is redacted as words; data repeats it, with names of files and hosts alone.
    data = shown.pop("data", {})
    kept = {name: data[name] for name in ("cmdlet", "cmdlets", "parameters", "role", "days", "dialect") if name in data}
    return shown | ({"data": kept} if kept else {})


def _json(value: object) -> str:
    return json.dumps(value, indent=1, default=str) + "\n"


def _versions() -> dict[str, Any]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return {"python": platform.python_version(), "system": platform.system(), "packages": found}


def _settings(worker: ExaminedWorker) -> str:
    from exconn.settings import effective

    if worker.settings is None:
        return ""
    return "".join(f"{setting.variable}={setting.value}\n" for setting in effective(worker.settings))


def _health(client: "redis.Redis") -> dict[str, Any]:
    """What the ledger server knows of everybody's health; a worker's user may not see all of it."""
    from redis import RedisError

    found: dict[str, Any] = {}
    for name, look in _LOOKS.items():
        try:
            found[name] = look(client)
        except RedisError:
            found[name] = "not shown to this user"
    return found


def _signs_of_life(client: "redis.Redis") -> list[str]:
    from exconn.keyspace import keys
    from exconn.process.heartbeat import moments

    now = client.time()[0]
    beats = cast("dict[str, str]", client.hgetall(keys.HEARTBEATS))
    return sorted(f"{field.partition('/')[0]}: {now - at // 1000} s ago" for field, at in moments(beats).items())


def _connectors(client: "redis.Redis") -> list[dict[str, Any]]:
    from exconn.connector import ConnectorStore

    return [
        {"number": number, "state": state.state, "revision": state.revision, "armed": list(state.armed)}
        | ({"last error": state.last_error} if state.last_error else {})
        for number, state in enumerate(ConnectorStore(client).states().values(), 1)
    ]


def _status_messages(client: "redis.Redis") -> int:
    from exconn.keyspace import keys

    return int(client.xlen(keys.STATUS))


def _ledger_server(client: "redis.Redis") -> dict[str, Any]:
    info = client.info()
    wanted = ("valkey_version", "redis_version", "used_memory_human", "maxmemory_human", "aof_enabled")
    return {name: info[name] for name in wanted if name in info}


_LOOKS: "Mapping[str, Callable[[redis.Redis], Any]]" = {
    "signs of life": _signs_of_life,
    "connectors": _connectors,
    "status messages": _status_messages,
    "ledger server": _ledger_server,
}


def _messages(client: "redis.Redis") -> Iterator[str]:
    """Which messages there were, and when; nothing of what they are about."""
    from redis import RedisError

    from exconn.keyspace import keys
    from exconn.stream import parse_message
    from exconn.stream.message import UnreadableMessageError

    try:
        newest = cast("list[tuple[str, dict[str, str]]]", client.xrevrange(keys.STATUS, count=MOST_MESSAGES))
    except RedisError:
        yield json.dumps({"left out": "not shown to this user"}) + "\n"
        return
    for record, fields in reversed(newest):
        try:
            message = parse_message(record, fields)
        except UnreadableMessageError:
            continue
        shown = {
            "at": message.at.isoformat(timespec="seconds"),
            "number": message.number,
            "severity": message.severity.value,
            "kind": message.kind,
            "state": message.state,
            "phase": message.phase,
        }
        if isinstance(error := message.data.get("error"), str) and error.isidentifier():
            shown["error"] = error
        yield json.dumps(shown) + "\n"


def _logs(worker: ExaminedWorker) -> Iterator[Path]:
    """The logs of this machine that exconn itself keeps, the newest first."""
    if worker.settings is None:
        return
    state = worker.settings.state_dir
    found = [path for folder in (state, state / "logs") if folder.is_dir() for path in folder.glob("*.log")]
    yield from sorted((path for path in found if path.is_file()), key=lambda path: path.stat().st_mtime, reverse=True)


def _redacted_end(log: Path, redactor: Redactor) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - MOST_CHARACTERS))
            lines = file.read(MOST_CHARACTERS).decode("utf-8", "replace").splitlines()
    except OSError as exc:
        return f"not read: {exc.strerror}\n"
    return "".join(redactor.redact(line) + "\n" for line in lines)


def _bounded(text: str) -> str:
    return text[-MOST_CHARACTERS:]
