"""What keeps a request out.

SigningError
+- SupersededRegistryError  another registry was announced since, or under the same number
+- RegistryError    the registry of requesters cannot be used; lists every problem
+- KeyFileError     a private key cannot be read or written
+- Refused          this request is not accepted, and why: becomes intake's answer

Refused is here and not with intake, because a worker that checks the signature again meets it too.
"""

from pathlib import Path

from exconn.contracts.refusals import REFUSALS, Refusal

Detail = str | int | bool | list[str] | list[dict[str, str]] | None


class SigningError(Exception):
    """Base of this library's errors."""


class RegistryError(SigningError):
    """The file of requesters cannot be used; nobody is admitted until it is corrected."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(f"registry of requesters {path}: " + "; ".join(problems))


class SupersededRegistryError(SigningError):
    """The registry is not the one that counts: its revision is an earlier one, or has other content."""

    def __init__(self, revision: int, announced: int) -> None:
        self.revision = revision
        self.announced = announced
        what = f"its revision is {revision}, and {announced} was announced"
        if revision == announced:
            what = f"it says something else than the revision {announced} that was announced"
        self.remedy = f"bring the newest file to every machine, or write revision = {announced + 1}"
        super().__init__(f"the registry of requesters does not count: {what}; {self.remedy}")


class KeyFileError(SigningError):
    """A private key file cannot be used."""

    def __init__(self, path: Path, problem: str, *, remedy: str) -> None:
        self.path = path
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"key file {path}: {problem}; {remedy}")


class Refused(SigningError):
    """A request is not accepted."""

    def __init__(
        self,
        error: Refusal,
        text: str,
        *,
        remedy: str,
        job: str | None = None,
        details: dict[str, Detail] | None = None,
    ) -> None:
        self.error = error
        self.text = text
        self.remedy = remedy
        self.job = job
        self.details = details or {}
        super().__init__(f"{error}: {text}; {remedy}")

    @property
    def passing(self) -> bool:
        """Whether the same bytes may be accepted later."""
        return REFUSALS[self.error].passing
