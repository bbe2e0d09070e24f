"""Settings that every worker process has."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from exconn.ledger import LEASE
from exconn.settings import Duration, RedisSettings, ServiceSettings


class WorkerSettings(RedisSettings, ServiceSettings):
    """How a worker runs jobs."""

    worker_pool: Literal["prefork", "solo", "threads"] = Field(
        default="prefork", description="prefork: child processes; threads: threads of one process; solo: one at a time"
    )
    worker_concurrency: int = Field(default=2, ge=1, le=64, description="how many jobs a worker runs at the same time")
    lease: Duration = Field(
        default=LEASE,
        ge=timedelta(seconds=1),
        le=timedelta(minutes=10),
        description="how long a job stays with a worker that is not heard of; renewed while it lives",
    )
    stop_within: Duration = Field(
        default=timedelta(seconds=30),
        ge=timedelta(0),
        le=timedelta(hours=1),
        description="how long a worker that is told to stop waits for its running jobs; others take over the rest",
    )
