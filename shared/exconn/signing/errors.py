"""What keeps a request out.

AdmissionError
+- RegistryError    the registry of requesters cannot be used; lists every problem
+- KeyFileError     a private key cannot be read or written
+- Refused          this request is not accepted, and why: becomes the answer
"""

from pathlib import Path

Detail = str | int | bool | list[str] | None


class SigningError(Exception):
    """Base of this library's errors."""


class RegistryError(SigningError):
    """The file of requesters cannot be used; nobody is admitted until it is corrected."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(f"registry of requesters {path}: " + "; ".join(problems))


class KeyFileError(SigningError):
    """A private key file cannot be used."""

    def __init__(self, path: Path, problem: str, *, remedy: str) -> None:
        self.path = path
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"key file {path}: {problem}; {remedy}")


class Refused(SigningError):
    """A request is not accepted. `error` is a stable word; `passing` says that the same bytes may be accepted later."""

    def __init__(
        self,
        error: str,
        text: str,
        *,
        remedy: str,
        job: str | None = None,
        details: dict[str, Detail] | None = None,
        passing: bool = False,
    ) -> None:
        self.error = error
        self.text = text
        self.remedy = remedy
        self.job = job
        self.details = details or {}
        self.passing = passing
        super().__init__(f"{error}: {text}; {remedy}")
