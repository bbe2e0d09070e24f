"""Settings that cannot both be meant: the policy that they ask for cannot be reached, or part of it means nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from exconn.connector.settings.values import Written

#: Settings that are set, by `group.setting`.
Flat = Mapping[str, Written]


@dataclass(frozen=True)
class Contradiction:
    """`one` and `other` are both set, and `hits` finds that they contradict each other."""

    one: str
    other: str
    hits: Callable[[Written, Written], bool]
    why: str


def _more(one: Written, other: Written) -> bool:
    return isinstance(one, int) and isinstance(other, int) and one > other


def _while_off(_one: Written, other: Written) -> bool:
    return other is False


def _on_and_off(one: Written, other: Written) -> bool:
    return one is True and other is False


CONTRADICTIONS = (
    Contradiction(
        "password.minimum_complex_char",
        "password.minimum_password_length",
        _more,
        "a password of that length has fewer characters than sets that it must use",
    ),
    Contradiction(
        "email_management.maximum_size_attachment",
        "email_management.email_attachment_policy",
        _while_off,
        "a size of attachments means nothing where none is downloaded",
    ),
    Contradiction(
        "email_management.maximum_size_html_email",
        "email_management.allow_html_email",
        _while_off,
        "a size of HTML mail means nothing where none arrives",
    ),
    Contradiction(
        "security.storage_card_encrypt",
        "extended.device_encryption_enabled",
        _on_and_off,
        "Exchange turns the second on with the first",
    ),
)


def contradictions(configured: Flat) -> Iterator[str]:
    """Each contradiction, as a definition's problem is told: place, problem and remedy."""
    for each in CONTRADICTIONS:
        one, other = configured.get(each.one), configured.get(each.other)
        if one is not None and other is not None and each.hits(one, other):
            said = f"policy.{each.one}: {_shown(one)} contradicts {each.other} = {_shown(other)}: {each.why}"
            yield f"{said}; change one of them, or leave it out"


def _shown(value: Written) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
