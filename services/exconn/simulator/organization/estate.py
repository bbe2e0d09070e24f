"""What kind of organization it is: a tidy one, one that has grown for twenty years, or one that is out to hurt."""

from dataclasses import dataclass
from enum import StrEnum

from exconn.simulator.organization.domains import ONE_DOMAIN, THREE_DOMAINS, Forest


class EstateName(StrEnum):
    """The estates that can be simulated."""

    TIDY = "tidy"
    REAL = "real"
    HOSTILE = "hostile"


@dataclass(frozen=True, slots=True)
class Estate:
    """An estate: its domains, and which of its objects are odd."""

    name: EstateName
    forest: Forest
    #: Grown for years: corrupted objects, conflict objects, mailboxes that no person logs on to.
    is_old: bool
    #: Answers that a sound server does not give.
    is_hostile: bool


TIDY = Estate(EstateName.TIDY, ONE_DOMAIN, is_old=False, is_hostile=False)
REAL = Estate(EstateName.REAL, THREE_DOMAINS, is_old=True, is_hostile=False)
HOSTILE = Estate(EstateName.HOSTILE, THREE_DOMAINS, is_old=True, is_hostile=True)

ESTATES = {estate.name: estate for estate in (TIDY, REAL, HOSTILE)}
