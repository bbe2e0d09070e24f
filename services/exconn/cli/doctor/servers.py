"""Checks of the broker and the ledger server: there, and fit for what they keep."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, warning

if TYPE_CHECKING:
    import redis

    from exconn.keyspace import UnreachableServerError
    from exconn.settings import RedisSettings


def servers(worker: ExaminedWorker) -> Iterator[Finding]:
    """The broker and the ledger server: there, and fit for what they keep."""
    if worker.settings is None:
        return
    from exconn.keyspace import connect

    broker = connect(worker.settings.broker_url.get_secret_value(), name="exconn-doctor")
    yield from _broker(broker)
    ledger = connect(worker.settings.ledger_url.get_secret_value(), name="exconn-doctor")
    findings = list(_ledger(ledger, worker.settings))
    yield from findings
    if not any(each.state == "failed" and each.code is ExitCode.UNREACHABLE for each in findings):
        worker.client = ledger


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


def _ledger(client: "redis.Redis", settings: "RedisSettings") -> Iterator[Finding]:
    from redis import RedisError

    from exconn.keyspace import ServerUnfitError, UnreachableServerError
    from exconn.keyspace.connect import address_of
    from exconn.ledger import durability

    address = address_of(client)
    try:
        confirm = durability(client, settings)
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
    if settings.ledger_durability == "volatile":
        remedy = "demo only: set EXCONN_LEDGER_DURABILITY=disk, appendonly yes and appendfsync always"
        yield warning("ledger", f"{said}; jobs may be lost with its power", remedy, version=version)
        return
    copies = f"; replicas that must confirm: {confirm.replicas}" if confirm.replicas else ""
    yield ok("ledger", f"{said}; its disk has each write{copies}", version=version)


def _out_of_reach(server: str, found: "UnreachableServerError") -> Finding:
    remedy = found.remedy.replace("the URL", f"EXCONN_{server.upper()}_URL")
    return failed(server, f"{found.address}: {found.detail[:300]}", remedy, ExitCode.UNREACHABLE)


def _version(info: Any) -> str:
    for name, label in (("valkey_version", "Valkey"), ("redis_version", "Redis")):
        if info.get(name):
            return f"{label} {info[name]}"
    return "of unknown version"
