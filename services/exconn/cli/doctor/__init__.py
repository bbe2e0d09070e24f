"""`exconn doctor`: examines a worker's place, from its settings to the rights of its Exchange account."""

from exconn.cli.doctor.command import register

__all__ = ["register"]
