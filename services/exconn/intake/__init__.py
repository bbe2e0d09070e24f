"""Intake: admits or refuses signed requests, over HTTP and from a Celery queue. Holds no Exchange secret."""

from exconn.intake.settings import IntakeSettings

__all__ = ["IntakeSettings"]
