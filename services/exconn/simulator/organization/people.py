"""The made-up people: owner number to name and back, without a table of everybody."""

from dataclasses import dataclass
from enum import StrEnum

from exconn.simulator.organization.domains import ONE_DOMAIN, ROOT, UNITS, Domain, Forest

#: The domain of the Exchange servers, of addresses and of logon names.
DOMAIN = ROOT.name
DOMAIN_DN = ROOT.dn
_MONITORING = "Microsoft Exchange System Objects/Monitoring Mailboxes"
_MONITORING_DN = f"CN=Monitoring Mailboxes,CN=Microsoft Exchange System Objects,{DOMAIN_DN}"

_FIRST_NAMES = (
    "Ada Albert Amira Anna Arne Basil Beate Bruno Carla Cem Clara Dana David Dora Edith Elif Emil Erik Eva Fatma "
    "Felix Finn Frida Georg Greta Hanna Heidi Henri Hugo Ida Ilse Ines Iris Ivan Jana Jens Johan Julia Karin Karl "
    "Lara Lena Leo Lina Luis Maja Marco Marta Max Mila Nadia Nils Nora Olga Oskar Paula Petra Rafael Rosa Sven"
)
_LAST_NAMES = (
    "Abel Adler Amsel Bach Baum Berg Birk Blum Brandt Busch Claus Dahl Dorn Eber Eck Ernst Falk Feld Fink Fuchs "
    "Gans Gerber Graf Haas Hahn Heim Hirsch Holm Horn Jung Kaiser Kamp Kern Klee Koch Kranz Krug Lang Lenz Lind "
    "Linde Lorenz Maler Marx Mohr Moor Nagel Neff Nolte Ott Pohl Quast Rabe Reh Reuter Richter Ritter Roth Sander "
    "Sauer Schatz Schilf Seidel Specht Stark Stein Storch Strauch Tanner Thal Ulrich Vogel Wald Weber Weide Winkel "
    "Wirth Wolf Zander Zobel"
)
_FIRST, _LAST = _FIRST_NAMES.split(), _LAST_NAMES.split()
_NAMES = len(_FIRST) * len(_LAST)
#: Coprime to the number of names, so that neighbours in number are not neighbours in name.
_STRIDE = 1873
_STRIDE_BACK = pow(_STRIDE, -1, _NAMES)


@dataclass(frozen=True, slots=True)
class Person:
    """A mailbox owner's names."""

    number: int
    alias: str
    name: str
    unit: str
    #: Of Exchange's own monitoring.
    is_health: bool = False
    domain: Domain = ROOT

    @property
    def dn(self) -> str:
        """Distinguished name of the user object."""
        if self.is_health:
            return f"CN={self.name},{_MONITORING_DN}"
        return f"CN={self.name},OU={self.unit},{self.domain.dn}"

    @property
    def canonical(self) -> str:
        """Canonical name, as identities show it."""
        return f"{self.domain.name}/{self.unit}/{self.name}"

    @property
    def address(self) -> str:
        """Primary SMTP address and user principal name."""
        return f"{self.alias}@{DOMAIN}"


def person(number: int, shift: int, forest: Forest = ONE_DOMAIN) -> Person:
    """The owner of that number; `shift` comes from the seed."""
    round_, place = divmod(number, _NAMES)
    combination = (place * _STRIDE + shift) % _NAMES
    first, last = _FIRST[combination // len(_LAST)], _LAST[combination % len(_LAST)]
    suffix = str(round_ + 1) if round_ else ""
    name = f"{first} {last} {suffix}".rstrip()
    unit = UNITS[combination % len(UNITS)]
    return Person(number, f"{first}.{last}{suffix}".lower(), name, unit, domain=forest.of_unit(unit))


class ProbeKind(StrEnum):
    """What the mailbox of a probe is called by; the second and third come from scripts that test servers."""

    HEALTH = "HealthMailbox"
    CLIENT_ACCESS = "CAS_"
    TEST_USER = "extest_"


def probe_mailbox(kind: ProbeKind, number: int, digits: str) -> Person:
    """A mailbox that a server is tested with (names and places as on real servers, recalled)."""
    if kind is ProbeKind.HEALTH:
        name = f"{kind}{digits}"
        return Person(number, name, name, _MONITORING, is_health=True)
    short = digits[:13]
    if kind is ProbeKind.CLIENT_ACCESS:
        return Person(number, f"{kind}{short}", f"{kind}{{{digits[:16]}}}", UNITS[0])
    return Person(number, f"{kind}{short}", f"{kind}{short}", UNITS[0])


def is_probe_name(text: str) -> bool:
    """Whether a name may be that of a probe's mailbox."""
    return any(kind.lower() in text.lower() for kind in ProbeKind)


def number_of_alias(alias: str, shift: int) -> int | None:
    """The owner with that alias; None when no name fits."""
    first, _, rest = alias.lower().partition(".")
    last = rest.rstrip("0123456789")
    suffix = rest[len(last) :]
    if first not in _FIRST_LOWER or last not in _LAST_LOWER or suffix.startswith("0") or suffix == "1":
        return None
    combination = _FIRST_LOWER[first] * len(_LAST) + _LAST_LOWER[last]
    place = (combination - shift) * _STRIDE_BACK % _NAMES
    return (int(suffix) - 1 if suffix else 0) * _NAMES + place


def alias_of_name(name: str) -> str:
    """The alias that belongs to a common name."""
    return ".".join(name.lower().split(" ", 1)).replace(" ", "")


_FIRST_LOWER = {name.lower(): place for place, name in enumerate(_FIRST)}
_LAST_LOWER = {name.lower(): place for place, name in enumerate(_LAST)}
