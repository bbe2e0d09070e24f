"""Exchange as the model sees it: one device of one mailbox, two domain controllers, the second of which learns late.

Wipes are numbered in the order in which Exchange took them; 0 is none.
"""

from typing import NamedTuple


class View(NamedTuple):
    """What a domain controller shows of the device: which enrolment it is, and the wipe fields."""

    enrolment: int = 0
    asked: int = 0
    sent: int = 0
    acknowledged: int = 0

    @property
    def is_pending(self) -> bool:
        """A wipe was asked for and not acknowledged since."""
        return self.asked != 0 and self.acknowledged != self.asked


class Exchange(NamedTuple):
    """The truth, which the first controller shows; what the second one shows; how many wipes were taken."""

    truth: View = View()
    late: View = View()
    taken: int = 0

    def shown(self, *, late: bool) -> View:
        """What that controller shows."""
        return self.late if late else self.truth

    def learned(self) -> "Exchange":
        """The second controller learns."""
        return self._replace(late=self.truth)

    def wiped(self, *, late: bool) -> "Exchange":
        """A wipe is asked for at that controller, which shows it at once."""
        taken = self.taken + 1
        truth = self.truth._replace(asked=taken)
        return Exchange(truth, truth if late else self.late, taken)

    def taken_back(self, *, late: bool) -> "Exchange":
        """The wipe is taken back at that controller."""
        truth = self.truth._replace(asked=0)
        return Exchange(truth, truth if late else self.late, self.taken)

    def sent(self) -> "Exchange":
        """The device fetches the wipe."""
        return self._replace(truth=self.truth._replace(sent=self.truth.asked))

    def acknowledged(self) -> "Exchange":
        """The device says that it wiped."""
        return self._replace(truth=self.truth._replace(acknowledged=self.truth.asked))

    def enrolled(self) -> "Exchange":
        """The owner enrols the phone again: as the same object, whose wipe fields begin anew."""
        return self._replace(truth=View(enrolment=self.truth.enrolment + 1))
