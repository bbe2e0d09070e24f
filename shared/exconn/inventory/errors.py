"""What can stop a fold, by type.

InventoryError
+- RegisterOutOfReachError   no answer: the page may or may not be folded; folding it again is safe
+- RegisterFullError         the server has no memory left for facts
+- BackPressure              the facts stream is full: its reader is behind
+- FoldLeaseLostError        the caller no longer holds its job: nothing was folded
+- Superseded                the sweep was cancelled, has ended, or its list began anew: nothing was folded
"""


class InventoryError(Exception):
    """Base of the errors of the register."""


class RegisterOutOfReachError(InventoryError):
    """The server did not answer. Folding the same page again is safe: it emits nothing twice."""

    def __init__(self, call: str, detail: str) -> None:
        self.call = call
        self.detail = detail
        super().__init__(f"the register did not answer {call} ({detail}); it is safe to try again")


class RegisterFullError(InventoryError):
    """The server has reached its memory limit: facts wait, jobs and wipes go on."""

    def __init__(self, call: str) -> None:
        self.call = call
        super().__init__(
            f"the server is full, so {call} was not folded: raise its maxmemory, or wait until the monitor caught up"
        )


class BackPressure(InventoryError):
    """The facts stream holds `length` records, at or above its high-water mark: the reader must catch up first."""

    def __init__(self, length: int, high_water: int) -> None:
        self.length = length
        self.high_water = high_water
        super().__init__(
            f"{length} records of facts are unread (limit {high_water}): wait, or see whether the monitor runs"
        )


class FoldLeaseLostError(InventoryError):
    """Another worker has the job: the caller must stop."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"the lease of job {job_id} is lost, so its page was not folded")


class Superseded(InventoryError):
    """The page belongs to a list that no longer counts; `reason` is a word: cancelled, generation, parent."""

    def __init__(self, job_id: str, reason: str) -> None:
        self.job_id = job_id
        self.reason = reason
        super().__init__(f"the page of job {job_id} no longer counts ({reason}): settle the job")
