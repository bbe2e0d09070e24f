"""The resources that more than one service uses: the two servers, the state folder, the log."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from exconn.settings.base import Settings
from exconn.settings.secret import RedisUrl, check_redis_url

CheckedRedisUrl = Annotated[RedisUrl, AfterValidator(check_redis_url)]


class LedgerSettings(Settings):
    """Where the ledger lives. No default: a process that guesses its ledger would accept work that nobody sees."""

    ledger_url: CheckedRedisUrl = Field(description="the URL of the Redis or Valkey server that keeps the ledger")
    ledger_volatile: bool = Field(
        default=False, description="true accepts a ledger server without append-only file (demo only: jobs can be lost)"
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
