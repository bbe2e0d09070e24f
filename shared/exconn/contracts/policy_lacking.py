"""Why a setting that is wanted is not written: Exchange does not have it here."""

from enum import StrEnum


class Lacks(StrEnum):
    """What is lacking of a setting."""

    #: The policy does not show it: this version of Exchange does not have it.
    NOT_SHOWN = "not_shown"
    #: The cmdlet does not take it: of this version, or by the roles of the account.
    NO_PARAMETER = "no_parameter"


_TEXTS = {
    Lacks.NOT_SHOWN: "its policy does not show it",
    Lacks.NO_PARAMETER: "its cmdlet does not have it, or the account's role hides it",
}


def lacks_text(lacks: str) -> str:
    """What a person reads of it. A code that this version does not know is shown as it is."""
    return _TEXTS[Lacks(lacks)] if lacks in list(Lacks) else lacks.replace("_", " ")
