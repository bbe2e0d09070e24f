"""Metrics for Prometheus, counted from the read model when they are asked for; no device or person is a label."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from exconn.contracts.names import Service
from exconn.monitor.answers.models import OverviewView
from exconn.monitor.answers.overview import overview
from exconn.monitor.answers.source import Source
from exconn.monitor.audit.result import newest_verification
from exconn.monitor.queries import overview as queries
from exconn.monitor.queries.load import Load, load_by_service
from exconn.monitor.queries.messages import counts_by_severity
from exconn.monitor.queries.sweeps import Reading, newest_reading
from exconn.stream import Severity

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: The services whose processes take jobs.
WORKERS = (Service.DISCOVERY, Service.POLICY, Service.ACTIONS)


def metrics_route(source: Source) -> APIRouter:
    """The endpoint /metrics."""
    routes = APIRouter()
    registry = CollectorRegistry()
    registry.register(ReadModelMetrics(source))

    @routes.get("/metrics", response_class=Response)
    def show_metrics() -> Response:
        """Metrics in the text format of Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE)

    return routes


class ReadModelMetrics(Collector):
    """All metrics of one monitor."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every metric, from one look."""
        yield from self._jobs()
        yield from self._messages()
        seen = overview(self._source)
        connectors = [one.name for one in seen.connectors if one.state != "removed"]
        yield from self._load(connectors)
        yield from self._readings(connectors)
        yield from self._audit()
        yield from _connectors(seen)
        yield from _processes(seen)
        yield _problems(seen)

    def _jobs(self) -> Iterator[Metric]:
        with self._source.connect() as connection:
            jobs = queries.jobs_by_state(connection)
            actions = queries.open_actions_by_phase(connection)
            devices = queries.devices_by_access(connection)
        yield _gauge("exconn_jobs", "Jobs by state", ("connector", "kind", "state"), jobs)
        yield _gauge("exconn_actions_open", "Open device actions by phase", ("connector", "kind", "phase"), actions)
        yield _gauge("exconn_devices", "Devices by access state", ("connector", "access_state"), devices)

    def _load(self, connectors: Sequence[str]) -> Iterator[Metric]:
        now = self._source.live.now()
        with self._source.connect() as connection:
            found = load_by_service(connection, now, self._source.live.due_times)
        # Nothing to do is a zero and not a gap: a scaler takes a gap for a fault.
        nothing: dict[tuple[str, ...], Load] = {
            (name, service.value): Load() for name in connectors for service in WORKERS
        }
        loads = nothing | found
        ready: dict[tuple[str, ...], float] = {of: load.ready for of, load in loads.items()}
        running: dict[tuple[str, ...], float] = {of: load.running for of, load in loads.items()}
        ages: dict[tuple[str, ...], float] = {of: _age(load.ready_since, now) for of, load in loads.items()}
        labels = ("connector", "service")
        yield _gauge("exconn_jobs_ready", "Jobs that a worker could take now", labels, ready)
        yield _gauge("exconn_jobs_running", "Jobs that a worker has", labels, running)
        yield _gauge("exconn_jobs_oldest_ready_seconds", "How long the oldest ready job has waited", labels, ages)

    def _readings(self, connectors: Sequence[str]) -> Iterator[Metric]:
        with self._source.connect() as connection:
            found = [reading for name in connectors if (reading := newest_reading(connection, name))]
        yield from _readings([one for one in found if one.complete is not None])

    def _audit(self) -> Iterator[Metric]:
        with self._source.connect() as connection:
            done = newest_verification(connection)
        if done is not None and done.clean_at is not None:
            text = "When a verification of the audit log was clean last, in seconds since 1970"
            moment = done.clean_at.timestamp()
            yield GaugeMetricFamily("exconn_audit_clean_verification_timestamp_seconds", text, value=moment)

    def _messages(self) -> Iterator[Metric]:
        with self._source.connect() as connection:
            counts = counts_by_severity(connection)
        told = CounterMetricFamily("exconn_messages", "Status messages by severity", labels=("connector", "severity"))
        words = {severity.value: severity.name.lower() for severity in Severity}
        for (connector, severity), count in counts.items():
            told.add_metric((connector, words.get(severity, severity)), count)
        yield told
        refused = CounterMetricFamily("exconn_requests_refused", "Refused requests by fault", labels=("fault",))
        for fault, count in self._source.live.refused_counts().items():
            refused.add_metric((fault,), count)
        yield refused


def _readings(found: Sequence[Reading]) -> Iterator[Metric]:
    """The newest finished sweep of each connector; there are at most 21 kinds of errors."""
    complete: dict[tuple[str, ...], float] = {(one.connector,): int(bool(one.complete)) for one in found}
    unread: dict[tuple[str, ...], float] = {(one.connector,): one.gaps.unread_mailboxes for one in found}
    errors: dict[tuple[str, ...], float] = {
        (one.connector, kind): count for one in found for kind, count in one.gaps.kinds.items()
    }
    text = "1 where the newest sweep read everything"
    yield _gauge("exconn_sweep_complete", text, ("connector",), complete)
    text = "Mailboxes that the newest sweep could not read"
    yield _gauge("exconn_sweep_unread_mailboxes", text, ("connector",), unread)
    yield _gauge("exconn_sweep_errors", "Errors of the newest sweep by kind", ("connector", "kind"), errors)


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0) if since else 0


def _connectors(seen: OverviewView) -> Iterator[Metric]:
    installed: dict[tuple[str, ...], float] = {(one.name,): int(one.state == "installed") for one in seen.connectors}
    running: dict[tuple[str, ...], float] = {
        (one.name,): int(one.switch == "running") for one in seen.connectors if one.switch is not None
    }
    yield _gauge("exconn_connector_installed", "1 where the connector is installed", ("connector",), installed)
    yield _gauge("exconn_running", "0 where the kill switch stops the connector", ("connector",), running)


def _processes(seen: OverviewView) -> Iterator[Metric]:
    alive: dict[tuple[str, ...], float] = {}
    for worker in seen.workers:
        alive[(worker.service,)] = alive.get((worker.service,), 0) + int(worker.alive)
    yield _gauge("exconn_workers_alive", "Processes with a recent sign of life", ("service",), alive)
    reachable = int(seen.ledger == "reachable")
    yield GaugeMetricFamily("exconn_ledger_reachable", "1 when the ledger answers the monitor", value=reachable)
    if seen.projector.lag is not None:
        yield GaugeMetricFamily(
            "exconn_projector_lag_seconds",
            "How long the oldest message not yet in the read model waits",
            value=seen.projector.lag,
        )
    yield GaugeMetricFamily(
        "exconn_projector_active", "1 in the monitor that projects", value=seen.projector.role == "active"
    )


def _problems(seen: OverviewView) -> Metric:
    counts: dict[tuple[str, ...], float] = {}
    for problem in seen.problems:
        of = (problem.code, problem.connector)
        counts[of] = counts.get(of, 0) + problem.count
    return _gauge(
        "exconn_problems", "What is wrong: how many jobs, processes or records", ("code", "connector"), counts
    )


def _gauge(name: str, text: str, labels: tuple[str, ...], counts: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=labels)
    for values, count in counts.items():
        gauge.add_metric(values, count)
    return gauge
