"""A connection that sometimes loses a request before the server has it, or a reply after the server acted."""

import random
from typing import Any

import redis

LOSSES = {"request": 0.004, "reply": 0.004}


class LossyConnection(redis.Connection):
    """One in some hundred requests never leaves, one in some hundred replies never arrives."""

    dice = random.Random()
    losing = False

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if self.losing and self.dice.random() < LOSSES["request"]:
            self.disconnect()
            raise redis.ConnectionError("the walk lost a request")
        super().send_packed_command(command, check_health=check_health)

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        found = super().read_response(*args, **kwargs)
        if self.losing and self.dice.random() < LOSSES["reply"]:
            self.disconnect()
            raise redis.ConnectionError("the walk lost a reply")
        return found


def lossy_class(seed: int) -> type[LossyConnection]:
    """A class of connections with dice of its own."""
    return type("SeededLossyConnection", (LossyConnection,), {"dice": random.Random(seed)})
