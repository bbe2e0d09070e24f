"""What somebody does who has a service's user on a server: everything is tried, and what is refused is passed over."""

from collections.abc import Sequence
from contextlib import suppress

import redis

from exconn.keyspace import keys
from tests.faults.attack.company import Company
from tests.faults.attack.setting import CONNECTOR


class Hands:
    """The hands of whoever has that user on that server of the company."""

    def __init__(self, company: Company, user: str, server: str = "ledger") -> None:
        self.client = company.client_of(user, server)

    def tries(self, *command: str | int | bytes) -> object:
        """The answer to a command; None when it is refused."""
        with suppress(redis.ResponseError, redis.ConnectionError, redis.TimeoutError):
            return self.client.execute_command(*command)
        return None

    def write(self, job: str, **fields: str) -> None:
        """Write fields of a job, one by one: what one of them is refused for keeps back no other."""
        for name, value in fields.items():
            self.tries("HSET", keys.job(job), name, value)

    def put_back(self, job: str, **fields: str) -> None:
        """Have a held or settled action be due again."""
        self.write(job, state="queued", wait="", reason="", outcome="", settled="", due="1", **fields)
        self.tries("ZADD", keys.due("actions", CONNECTOR), 1, job)
        self.tries("SADD", keys.open_jobs("actions", CONNECTOR), job)
        self.tries("ZREM", keys.settled("actions"), job)

    def tell(self, number: int, job: str, state: str, phase: str, data: str, *, kind: str = "wipe") -> None:
        """Write a status message, numbered as the next one."""
        sequence = self.tries("INCR", keys.SEQUENCE)
        at = self.client.time()[0] * 1000
        told: dict[str, str | int] = {
            "v": 1,
            "seq": str(sequence),
            "n": int(number),
            "at": at,
            "connector": CONNECTOR,
            "job": job,
            "kind": kind,
        }
        told |= {"state": state, "phase": phase, "epoch": 1, "by": "actions.7@somewhere", "data": data}
        self.tries("XADD", keys.STATUS, "*", *(part for pair in told.items() for part in pair))


def not_wiped(company: Company, guids: Sequence[str]) -> int:
    """How many of these phones were not wiped."""
    return len(set(guids) - set(company.wiped()))
