"""What a claim leaves for the next one: small facts, kept with the job."""

from exconn.doorbell import Running


def note(running: Running, **facts: object) -> None:
    """Add facts to the job's notes; a fact of the same name is replaced. Raises LeaseLostError."""
    running.ledger.note(running.lease, {**running.job.notes, **facts})
