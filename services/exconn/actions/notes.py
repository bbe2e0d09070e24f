"""What a claim leaves for the next one: small facts, kept with the job and free of personal data.

The ledger replaces all notes of a job at once, so they are kept together here for the length of a claim.
"""

from exconn.doorbell import Running


class Notes:
    """The notes of one job in the hands of one worker."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._facts: dict[str, object] = dict(running.job.notes)

    def get(self, name: str) -> object:
        """A fact, or None."""
        return self._facts.get(name)

    def count(self, name: str) -> int:
        """A fact that counts; 0 when it was never noted."""
        found = self._facts.get(name)
        return found if isinstance(found, int) else 0

    def add(self, **facts: object) -> None:
        """Keep facts beside those that are there; the same name is replaced. Raises LeaseLostError."""
        if any(self._facts.get(name) != fact for name, fact in facts.items()):
            self._facts |= facts
            self._running.note(self._facts)

    def reset(self, count: str) -> None:
        """Count from 0 again. Raises LeaseLostError."""
        if self.count(count):
            self.add(**{count: 0})
