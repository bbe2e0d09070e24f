"""What runs inside the opponent's environment, which has Celery and little else: its transport."""

import importlib


def opponent_broker(url: str) -> str:
    """The address of a server by which Celery takes this transport and not its own."""
    importlib.import_module("celery_redis_plus")
    return url.replace("redis://", "valkey://", 1)
