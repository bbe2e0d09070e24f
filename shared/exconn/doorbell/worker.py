"""A whole worker process: looks at its two servers, then hears doorbells until it is told to stop."""

import os
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta

import redis

from exconn import failpoints
from exconn.contracts import CANARY_TASK, Service
from exconn.doorbell.bell import Bell, BellError
from exconn.doorbell.celery_app import create_app
from exconn.doorbell.error_decisions import told
from exconn.doorbell.job_task import JobTask, place_of
from exconn.doorbell.running import Handlers
from exconn.doorbell.settings import WorkerSettings
from exconn.doorbell.transport import doorbell_filter, tasks_of
from exconn.keyspace import connect, unreachable
from exconn.ledger import Confirm, Ledger, Ring, durability
from exconn.logs import configure, get_logger
from exconn.process.canary import Canaries, Proof
from exconn.process.presence import BEAT_EVERY, Presence
from exconn.process.start import start_or_refuse

#: The event loop waits this long at most for a word of ledger or broker.
LOOK_WITHIN = timedelta(seconds=2)


def run_worker(
    service: Service,
    *,
    settings: WorkerSettings,
    handlers: Callable[[], Handlers],
    beat_every: timedelta = BEAT_EVERY,
    unset: Iterable[str] = (),
) -> int:
    """Work on the jobs of `service` until SIGTERM; the exit code. `unset` are the settings of bounds that it lacks.

    `handlers` is called once per process, after the fork and at the first doorbell. Every `beat_every` the process says
    that it lives, and has a canary prove that doorbells come through. Refuses with one line on standard error
    and code 6 when a server is out of reach, 4 when the ledger could lose jobs, 2 when a failpoint cannot be read.
    """
    configure(service.value, json=settings.log_format == "json", level=settings.log_level)

    def work() -> int:
        return _run(service, settings, handlers, beat_every, _look_around(settings), unset)

    return start_or_refuse(service.value, work)


def _run(
    service: Service,
    settings: WorkerSettings,
    handlers: Callable[[], Handlers],
    beat_every: timedelta,
    confirm: Confirm,
    unset: Iterable[str],
) -> int:
    # Imported here: the worker half of Celery takes longer to load than the rest of a client of this package.
    from exconn.doorbell.celery_worker import name_of, run_celery
    from exconn.doorbell.heard_queues import listening_step

    failpoints.name_worker(os.getpid())
    name = name_of(service.value)
    client = connect(settings.ledger_url.get_secret_value(), answer_within=LOOK_WITHIN)
    queue_filter, presence = doorbell_filter(service, client), Presence(client, service, unset=unset)
    broker = connect(settings.broker_url.get_secret_value(), text=False, answer_within=LOOK_WITHIN)
    canaries = Canaries(broker, service, presence.process)
    app = create_app(service.value, broker_url=settings.broker_url.get_secret_value(), queue_filter=queue_filter)
    # A solo worker's loop stands still while a job runs, so its sign of life comes from beside the job.
    beside = presence.beat if settings.worker_pool == "solo" else _nothing
    tasks = CeleryTasks(settings, handlers, worker=name, field=presence.field, beside=beside, confirm=confirm)
    for task in sorted(tasks_of(service)):
        # Not shared: Celery would otherwise give it to every other app of this process.
        app.task(name=task, shared=False)(tasks.work)
    # Without events: canaries would push the jobs out of what Flower remembers.
    app.task(name=CANARY_TASK, shared=False, send_events=False)(tasks.prove)

    def beat() -> None:
        presence.beat()
        queue_filter.dead_letters.deliver()

    def queues() -> frozenset[str] | None:
        found = presence.queues()
        return None if found is None else found | {canaries.queue}

    app.steps["consumer"].add(listening_step(queues, beat, canaries.send, beat_every))
    presence.clear_forgotten()
    try:
        return run_celery(
            app,
            name,
            pool=settings.worker_pool,
            concurrency=settings.worker_concurrency,
            stop_within=settings.stop_within,
        )
    finally:
        presence.leave()


class CeleryTasks:
    """The bodies of the Celery tasks; what they need is made at the first job and never carried over a fork."""

    def __init__(
        self,
        settings: WorkerSettings,
        handlers: Callable[[], Handlers],
        *,
        worker: str,
        field: str,
        beside: Callable[[], None],
        confirm: Confirm,
    ) -> None:
        self._settings = settings
        self._handlers = handlers
        self._worker = worker
        self._field = field
        self._beside = beside
        self._confirm = confirm
        self._lock = threading.Lock()
        self._made: tuple[int, JobTask, Proof] | None = None

    def work(self, job_id: str) -> str:
        """The body of every task. Raises nothing: what goes wrong is the ledger's and the log's business."""
        made = self._able()
        if made is None:
            return "not able"
        task, _ = made
        try:
            return task(job_id)
        except Exception as exc:  # noqa: BLE001  (what is left: the ledger refused a call; its text may show keys)
            get_logger(__name__).error("job left to its lease", job=job_id, error=type(exc).__name__, at=place_of(exc))
            return "left"

    def prove(self, _token: str) -> str:
        """The body of a canary's task: a doorbell came through to where jobs are worked on."""
        made = self._able()
        if made is None:
            return "not able"
        _, proof = made
        proof.give()
        return "proven"

    def _able(self) -> tuple[JobTask, Proof] | None:
        """What it takes to work in this process; None, with a line in the log, when it cannot be made."""
        try:
            with self._lock:
                if self._made is None or self._made[0] != os.getpid():
                    self._made = (os.getpid(), *self._make())
                return self._made[1:]
        except Exception as exc:  # noqa: BLE001  (an entry point; the next doorbell tries again)
            get_logger(__name__).error("worker cannot work", error=told(exc), at=place_of(exc))
            return None

    def _make(self) -> tuple[JobTask, Proof]:
        client = connect(self._settings.ledger_url.get_secret_value())
        ledger = Ledger(client, lease=self._settings.lease, confirm=self._confirm)
        proof = Proof(client, self._field)
        bell = Bell(connect(self._settings.broker_url.get_secret_value(), text=False))
        log = get_logger(__name__)

        def ring(child: Ring, connector: str) -> None:
            try:
                bell.ring(child, connector)
            except BellError as exc:
                log.warning("child not rung", job=child.job_id, error=exc.detail)

        def beside() -> None:
            proof.give()
            self._beside()

        return JobTask(ledger, self._handlers(), worker=self._worker, rings=ring, beside=beside), proof


def _nothing() -> None:
    return None


def _look_around(settings: WorkerSettings) -> Confirm:
    """How what is begun is confirmed. Raises what speaks against starting."""
    names = failpoints.armed()
    if names:
        get_logger(__name__).warning("failpoints are armed: this process may be killed on purpose", names=list(names))
    ledger = connect(settings.ledger_url.get_secret_value())
    confirm = durability(ledger, settings)
    ledger.close()
    broker = connect(settings.broker_url.get_secret_value())
    try:
        broker.ping()
    except (redis.RedisError, OSError) as exc:
        raise unreachable(broker, exc) from exc
    broker.close()
    return confirm
