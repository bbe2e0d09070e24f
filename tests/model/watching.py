"""Who watches the calls of the model's ledger sees each distinct pair of a state and a call once, with its answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from typing import Concatenate, NamedTuple, ParamSpec

from tests.model.jobs import Answer, Job, Ledger
from tests.model.rules import Rules

P = ParamSpec("P")


class Pair(NamedTuple):
    """A state of the ledger and a call on it."""

    ledger: Ledger
    call: str
    given: tuple[object, ...]
    named: tuple[tuple[str, object], ...]

    def __str__(self) -> str:
        words = [_said(word) for word in self.given] + [f"{name}={value}" for name, value in self.named]
        return f"{self.call}({', '.join(words)})"


def _said(word: object) -> str:
    """A job by what makes it another than most."""
    if not isinstance(word, Job):
        return str(word)
    return " ".join(f"{name}={value}" for name, value in word._asdict().items() if value != Job._field_defaults[name])


Pairs = dict[Pair, Answer]
_watchers: list[Pairs] = []


def watched(call: Callable[Concatenate[Ledger, P], Answer]) -> Callable[Concatenate[Ledger, P], Answer]:
    """A call that may be watched; it costs next to nothing while nobody does."""

    def answer(ledger: Ledger, /, *given: P.args, **named: P.kwargs) -> Answer:
        found = call(ledger, *given, **named)
        if _watchers:
            plain = tuple(word for word in given if not isinstance(word, Rules))
            _watchers[-1].setdefault(Pair(ledger, call.__name__, plain, tuple(named.items())), found)
        return found

    update_wrapper(answer, call)
    return answer


@contextmanager
def watching() -> Iterator[Pairs]:
    """What is called meanwhile, in the order of its first time."""
    pairs: Pairs = {}
    _watchers.append(pairs)
    try:
        yield pairs
    finally:
        _watchers.remove(pairs)
