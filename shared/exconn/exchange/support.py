"""What is known of the life of each Exchange version: updates by build, the end of support, and what is announced.

Sources are Microsoft's: [build] the function Get-ExchangeBuildVersionInformation of its CSS-Exchange scripts, which
also tells the subscription edition from 2019 by the build; [life] its lifecycle pages; [roadmap] the Exchange team's
roadmap. Recalled: `Get-ExchangeServer` shows the build of the cumulative update, not of security updates on top of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from exconn.exchange.cmdlets.scope import Version, build_of, version_of


@dataclass(frozen=True, slots=True)
class Update:
    """A cumulative update or service pack."""

    name: str
    released: date


@dataclass(frozen=True, slots=True)
class Support:
    """How long Microsoft supports a version; `note` is what else an administrator should know, as a sentence."""

    until: date
    note: str = ""


#: Version and third number of the build -> update. [build]; 2010 and 2013: [life]
_UPDATES: Mapping[tuple[Version, int], Update] = MappingProxyType(
    {
        ("2010", 123): Update("SP3", date(2013, 2, 12)),
        ("2013", 1497): Update("CU23", date(2019, 6, 18)),
        ("2016", 2106): Update("CU18", date(2020, 9, 15)),
        ("2016", 2176): Update("CU19", date(2020, 12, 15)),
        ("2016", 2242): Update("CU20", date(2021, 3, 16)),
        ("2016", 2308): Update("CU21", date(2021, 6, 29)),
        ("2016", 2375): Update("CU22", date(2021, 9, 28)),
        ("2016", 2507): Update("CU23", date(2022, 4, 20)),
        ("2019", 792): Update("CU8", date(2020, 12, 15)),
        ("2019", 858): Update("CU9", date(2021, 3, 16)),
        ("2019", 922): Update("CU10", date(2021, 6, 29)),
        ("2019", 986): Update("CU11", date(2021, 9, 28)),
        ("2019", 1118): Update("CU12", date(2022, 4, 20)),
        ("2019", 1258): Update("CU13", date(2023, 5, 3)),
        ("2019", 1544): Update("CU14", date(2024, 2, 13)),
        ("2019", 1748): Update("CU15", date(2025, 2, 10)),
        ("SE", 2562): Update("RTM", date(2025, 7, 1)),
    }
)
_NO_UPDATES = "There have been no updates since October 2026."
#: [life]; the end of updates of 2016 and 2019, and of remote PowerShell: [roadmap]
_SUPPORT: Mapping[Version, Support] = MappingProxyType(
    {
        "2010": Support(date(2020, 10, 13)),
        "2013": Support(date(2023, 4, 11)),
        "2016": Support(date(2025, 10, 14), _NO_UPDATES),
        "2019": Support(date(2025, 10, 14), _NO_UPDATES),
        "SE": Support(
            date(2035, 12, 31),
            "Microsoft has announced that remote PowerShell, through which exconn works, ends on it: CU1 keeps it, "
            "a later update removes it. No date is known of either.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ServerLife:
    """What is known of one server's version and build, on a day."""

    version: Version | None
    build: str
    update: Update | None
    support: Support | None
    today: date

    @property
    def supported(self) -> bool:
        """Whether Microsoft still supports it; what is unknown here is not called unsupported."""
        return self.support is None or self.today <= self.support.until

    def __str__(self) -> str:
        if self.version is None or self.support is None:
            return f"shows {self.build or 'nothing'} as its build, which this version of exconn does not know"
        named = f"Exchange {self.version} {self.update.name}" if self.update else f"Exchange {self.version}"
        age = f"of {self.update.released}, {self._age}" if self.update else "an update not known here"
        state = "supported until" if self.supported else "out of support since"
        return f"{named} (build {self.build}, {age}), {state} {self.support.until}. {self.support.note}".rstrip()

    @property
    def _age(self) -> str:
        months = (self.today - self.update.released).days // 30 if self.update else 0
        return f"{months // 12} years old" if months >= 24 else f"{months} months old"


def life_of(shown: str, today: date) -> ServerLife:
    """What is known of `Version 15.2 (Build 986.5)`, as Get-ExchangeServer shows it."""
    version, numbers = version_of(shown), build_of(shown)
    if version is None or numbers is None:
        return ServerLife(None, shown, None, None, today)
    return ServerLife(
        version=version,
        build=".".join(map(str, numbers)),
        update=_UPDATES.get((version, numbers[2])),
        support=_SUPPORT[version],
        today=today,
    )
