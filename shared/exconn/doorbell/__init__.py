"""Doorbells: how a worker is woken for a job, and how it works on it.

A Celery message carries a job id and nothing else. Losing, doubling or forging one is harmless, because the ledger
decides who may work on what.
"""

from exconn.doorbell.bell import Bell, BellError, NewerRingError, QueuesUnknownError, first_doorbell
from exconn.doorbell.celery_app import create_app
from exconn.doorbell.decisions import AwaitChildren, Decision, Defer, Hold, Settle
from exconn.doorbell.error_decisions import decide
from exconn.doorbell.job_task import JobTask
from exconn.doorbell.running import Handler, Handlers, Running
from exconn.doorbell.settings import WorkerSettings
from exconn.doorbell.transport import QueueFilter, request_filter
from exconn.doorbell.worker import run_worker

__all__ = [
    "AwaitChildren",
    "Bell",
    "BellError",
    "Decision",
    "Defer",
    "Handler",
    "Handlers",
    "Hold",
    "JobTask",
    "NewerRingError",
    "QueueFilter",
    "QueuesUnknownError",
    "Running",
    "Settle",
    "WorkerSettings",
    "create_app",
    "decide",
    "first_doorbell",
    "request_filter",
    "run_worker",
]
