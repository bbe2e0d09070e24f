"""What people read of each kind of action before they ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from exconn.contracts.work import Kind


@dataclass(frozen=True)
class ActionTexts:
    """`about` is the help of its verb, `question` what is asked first, `does` what its command does, in a list."""

    about: str
    question: str
    does: str


ACTION_TEXTS: Mapping[Kind, ActionTexts] = {
    Kind.WIPE: ActionTexts(
        about="Erase a device: everything on the phone is lost.",
        question="Erase {device}?",
        does="erase this device completely",
    )
}
