"""Which Celery is killed for a control: the stock one, and the one with the transport of celery-redis-plus."""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import redis
from celery import Celery

from tests.faults.report import STOCK
from tests.faults.stock_app import TASK
from tests.support.opponent.environment import NAME as OPPONENT
from tests.support.opponent.environment import ROOT, opponent_environment
from tests.support.opponent.producer import Producer

VISIBILITY = timedelta(seconds=1)


class Rival(Protocol):
    """How messages reach a worker of this kind, and how it is seen to wait for them."""

    @property
    def name(self) -> str:
        """Under which its figures are published."""

    @property
    def command(self) -> Sequence[str]:
        """What starts its worker."""

    @property
    def databases(self) -> tuple[int, int]:
        """Of the server, for losing and for doubling."""

    @property
    def waiting_in(self) -> str:
        """The command of Redis in which an idle worker waits."""

    @property
    def comes_back_within(self) -> timedelta:
        """What a worker popped and did not run is run by then, or never."""

    def send(self, url: str, queue: str, guid: str) -> None:
        """Publish a wipe."""

    def queued(self, broker: redis.Redis, queue: str) -> int:
        """How many messages nobody has popped."""

    def empty(self, broker: redis.Redis, queue: str) -> None:
        """Forget these."""

    def close(self) -> None:
        """End what publishes."""


class StockRival:
    """Celery as it comes: a list is the queue, and what is popped from it is nowhere else."""

    name = STOCK
    command: Sequence[str] = (sys.executable, "-m", "tests.faults.stock")
    databases = (1, 2)
    waiting_in = "brpop"
    #: Far beyond the visibility time-out.
    comes_back_within = timedelta(seconds=4)

    def send(self, url: str, queue: str, guid: str) -> None:
        Celery("stock", broker=url, set_as_current=False).send_task(TASK, args=[guid], queue=queue)

    def queued(self, broker: redis.Redis, queue: str) -> int:
        return int(broker.llen(queue))

    def empty(self, broker: redis.Redis, queue: str) -> None:
        broker.delete(queue)

    def close(self) -> None:
        """Nothing to end."""


class OpponentRival:
    """Celery over celery-redis-plus: a sorted set is the queue, and an index knows what was popped and not done."""

    name = OPPONENT
    databases = (3, 4)
    waiting_in = "bzmpop"
    #: It looks for what others left each 60 seconds: twice that, and some more.
    comes_back_within = timedelta(seconds=150)

    def __init__(self, python: Path) -> None:
        self._program = [str(python), "-m", "tests.faults.opponent_app"]
        self.command: Sequence[str] = (*self._program, "work")
        self._producers: dict[str, Producer] = {}

    def send(self, url: str, queue: str, guid: str) -> None:
        if url not in self._producers:
            self._producers[url] = self._producer(url)
        self._producers[url].ask(f"{queue} {guid}")

    def queued(self, broker: redis.Redis, queue: str) -> int:
        return int(broker.zcard(f"queue:{queue}"))

    def empty(self, broker: redis.Redis, queue: str) -> None:
        broker.delete(f"queue:{queue}", f"messages_index:{queue}")

    def close(self) -> None:
        for producer in self._producers.values():
            producer.close()

    def _producer(self, url: str) -> Producer:
        environment = {"EXCONN_BROKER_URL": url, "STOCK_VISIBILITY": str(int(VISIBILITY.total_seconds()))}
        return Producer([*self._program, "send"], environment=environment, directory=ROOT)


def make_rivals(folder: Path, tell: Callable[[str], None], *, opponent: bool) -> list[Rival]:
    """The stock one and, when asked for, the opponent in a new environment below `folder`."""
    if not opponent:
        return [StockRival()]
    tell("making the opponent's environment")
    return [StockRival(), OpponentRival(opponent_environment(folder))]
