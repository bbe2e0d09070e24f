"""The resources that more than one service uses: the two servers, the state folder, the log."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from exconn.settings.base import Settings
from exconn.settings.duration import Duration
from exconn.settings.secret import RedisUrl, check_redis_url

CheckedRedisUrl = Annotated[RedisUrl, AfterValidator(check_redis_url)]


class LedgerSettings(Settings):
    """Where the ledger lives. No default: a process that guesses its ledger would accept work that nobody sees."""

    ledger_url: CheckedRedisUrl = Field(description="the URL of the Redis or Valkey server that keeps the ledger")
    ledger_durability: Literal["confirmed", "disk", "volatile"] = Field(
        default="confirmed",
        description="confirmed: disk and replicas have what is accepted and begun; disk: a single server is accepted, "
        "whose disk has it; volatile: a server that may lose it (demo only)",
    )
    ledger_replicas: int = Field(
        default=0,
        ge=0,
        le=10,
        description="how many replicas must have it when the durability is confirmed; "
        "0: as many as the server's min-replicas-to-write",
    )
    ledger_confirm_within: Duration = Field(
        default=timedelta(seconds=1),
        ge=timedelta(milliseconds=1),
        le=timedelta(seconds=4),
        description="how long one waits for the replicas before a request is not accepted, or a job is put off",
    )


class RedisSettings(LedgerSettings):
    """Where the queues and the ledger live: one server in a demo, two in production."""

    broker_url: CheckedRedisUrl = Field(description="the URL of the Redis or Valkey server that carries the queues")


class ServiceSettings(Settings):
    """What every process has: a folder of its own and a log."""

    state_dir: Path = Field(default=Path(".exconn"), description="folder for what a process keeps between starts")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least severe lines that are logged: debug, info, warning or error"
    )
    log_format: Literal["json", "text"] = Field(
        default="text", description="json: one object a line, for log collectors; text: for people"
    )
