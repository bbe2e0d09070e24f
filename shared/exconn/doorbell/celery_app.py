"""The Celery app of a service: every option with its reason.

A doorbell may be lost, doubled or late without harm, so nothing here tries to make Celery reliable: no late
acknowledgement, no visibility tuning, no results, no retries, no ETA.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from celery import Celery

from exconn.doorbell.transport import QueueFilter, register_filtered

#: Between a lost connection and the next try, and in any single command to the broker.
ANSWER_SECONDS = 10
CONNECT_SECONDS = 5


def create_app(service: str, *, broker_url: str, queue_filter: QueueFilter | None = None) -> Celery:
    """An app for `service`; it connects on first use. Tasks are registered by the caller.

    An app that consumes needs a `queue_filter`: without one, a malformed message can stop the worker.
    """
    # set_as_current=False: a process may hold several apps (tests, the demo), and nothing is found through a global.
    transport = "redis" if queue_filter is None else register_filtered(service, queue_filter)
    broker = _as_celery_writes(broker_url, transport)
    app = Celery(f"exconn.{service}", broker=broker, set_as_current=False, fixups=[])
    app.conf.update(_messages() | _worker() | _broker(service, broker_url))
    app.conf.broker_transport = transport
    return app


def _as_celery_writes(url: str, transport: str) -> str:
    """Celery knows a socket's URL in a form of its own: `redis+socket:///path?virtual_host=1`."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = dict(parse_qsl(parts.query)).get("db", "0")
    return f"{transport}+socket://{parts.netloc}{parts.path}?virtual_host={database}"


def _messages() -> dict[str, Any]:
    return {
        # A doorbell is JSON; pickle would run code of whoever can push to a queue.
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        # The ledger knows how a job went; a result back end would keep it a second time, without its rules.
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        # A misspelt queue is an error, not a new queue that nobody hears.
        "task_create_missing_queues": False,
        # There is no queue but those of the connectors, which come and go in the running process.
        "task_default_queue": "",
    }


def _worker() -> dict[str, Any]:
    return {
        # Early: the reconciler recovers a lost job within seconds, an unacknowledged message would take an hour.
        "task_acks_late": False,
        # A busy worker leaves doorbells to idle ones.
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        # Flower and the console live on events; they cost about a fifth of a no-op.
        "worker_send_task_events": True,
        "task_send_sent_event": False,
        # Nothing here limits rates; the ledger's brakes do.
        "worker_disable_rate_limits": True,
        # One sink for all log lines, set up by the process itself.
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        # A belt against leaks in children; a new child costs less than 100 ms.
        "worker_max_tasks_per_child": 10_000,
        # Said explicitly because Celery warns that the default will change: leases decide, not connections.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_enable_prefetch_count_reduction": False,
        "worker_detect_quorum_queues": False,
        "enable_utc": True,
    }


def _broker(service: str, broker_url: str) -> dict[str, Any]:
    secure = urlsplit(broker_url).scheme == "rediss"
    return {
        # At start the process has looked for the broker itself; after that it waits for ever.
        "broker_connection_retry_on_startup": True,
        "broker_connection_retry": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": CONNECT_SECONDS,
        # TLS needs to be asked for; which authority is trusted is said in the URL (ssl_ca_certs=...).
        "broker_use_ssl": {"ssl_cert_reqs": "required"} if secure else False,
        "broker_transport_options": {
            # A popped message is gone from Redis: nothing else to keep, to restore, or to guard by access rules.
            "ack_emulation": False,
            # One list a queue: priorities would make it four, and depth is LLEN of one key.
            "priority_steps": [0],
            "queue_order_strategy": "round_robin",
            # Without time-outs a silent connection stops the worker for good.
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "client_name": f"exconn-{service}",
        },
    }
