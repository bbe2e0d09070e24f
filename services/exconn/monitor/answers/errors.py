"""Questions that have no answer; each becomes an HTTP status with a word, a text, a remedy, and the field at fault."""


class QuestionError(Exception):
    """Base: `status` is the HTTP status."""

    status = 400

    def __init__(self, error: str, text: str, *, remedy: str, field: str = "") -> None:
        self.error = error
        self.text = text
        self.remedy = remedy
        self.field = field
        super().__init__(f"{text}; {remedy}")


class NotKnownError(QuestionError):
    """There is no such thing."""

    status = 404

    def __init__(self, what: str, name: str, *, remedy: str) -> None:
        super().__init__(f"unknown_{what}", f"no {what} {name[:100]!r} is known", remedy=remedy, field=what)


class BadQuestionError(QuestionError):
    """A parameter of the question cannot be used."""

    def __init__(self, parameter: str, problem: str, *, remedy: str) -> None:
        super().__init__("bad_parameter", f"{parameter}: {problem}", remedy=remedy, field=parameter)


class AwayError(QuestionError):
    """The part that knows the answer is out of reach."""

    status = 503

    def __init__(self, part: str, *, remedy: str) -> None:
        super().__init__("unreachable", f"the {part} is out of reach", remedy=remedy)


LEDGER_REMEDY = "start the ledger server or correct EXCONN_LEDGER_URL, then ask again"
