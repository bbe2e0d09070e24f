"""What a job came to, as its page says it: in words, with Exchange's own dates of a wipe."""

from collections.abc import Mapping

from exconn.contracts import ClientClass, Erases, client_text, erases_text
from exconn.contracts.policy_lacking import lacks_text
from exconn.contracts.policy_towards import leaves_text, towards_text
from exconn.monitor.answers.readings import ReadingView

#: The result of a policy job that is a table of its own.
_CHANGES = "changes"
_LACKING = "lacking"
_LEFT = "left"
_TOWARDS = "towards"
#: Shown elsewhere: the parts of a job, and what a sweep did not read.
_ELSEWHERE = {_CHANGES, _LACKING, _LEFT, "children", "subject", *ReadingView.model_fields} - {"complete"}
#: Results whose names say too little to people.
_NAMES = {
    "found": "was in Exchange already",
    "read_back": "read back after an unclear answer",
    "erases": "a wipe erases",
    "exchange_requested": "asked for, by Exchange",
    "exchange_sent": "sent, by Exchange",
    "exchange_acknowledged": "acknowledged, by Exchange",
    "guarded": "still guarded by the definition",
    "drift": "settings that differ",
    "drift_before": "differed before",
    "drift_after": "differ now",
}


def results(job: str, data: Mapping[str, object]) -> dict[str, object]:
    """The results of a job by the names that people read."""
    return {
        _NAMES.get(name, name.replace("_", " ")): _in_words(name, value)
        for name, value in data.items()
        if name not in _ELSEWHERE and value != job
    }


def changes(data: Mapping[str, object]) -> list[dict[str, object]]:
    """The settings that a policy job compared or wrote."""
    told = data.get(_CHANGES)
    return [change for change in told if isinstance(change, dict)] if isinstance(told, list) else []


def lacking(data: Mapping[str, object]) -> list[dict[str, object]]:
    """The settings that a policy job could not write, and why, in words."""
    told = data.get(_LACKING)
    rows = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return [{**each, "why": lacks_text(str(each.get("why")))} for each in rows]


def left(data: Mapping[str, object]) -> list[dict[str, object]]:
    """The settings that a plan back leaves as they are, and why, in words."""
    told = data.get(_LEFT)
    rows = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return [{**each, "why": leaves_text(str(each.get("why")))} for each in rows]


def _in_words(name: str, value: object) -> object:
    if name == _TOWARDS and isinstance(value, dict):
        told = {part: str(each) for part, each in value.items()}
        return towards_text(told.get("goal", ""), group=told.get("group", ""), job=told.get("job", ""))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "client" and isinstance(value, str) and value in list(ClientClass):
        return client_text(ClientClass(value))
    if name == "erases" and isinstance(value, str) and value in list(Erases):
        return erases_text(Erases(value))
    return value
