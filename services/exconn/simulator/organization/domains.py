"""The domains of the forest: which objects and which domain controllers belong to which.

A domain controller holds the objects of its own domain only. One that is a global catalog, and is asked for the entire
forest, shows those of all domains, which it does not own. The configuration of the organization is on each of them.
"""

from dataclasses import dataclass

UNITS = ("Head Office", "Field Service", "Branch South")


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain, with two domain controllers."""

    name: str

    @property
    def dn(self) -> str:
        """Distinguished name."""
        return ",".join(f"DC={label}" for label in self.name.split("."))

    @property
    def controllers(self) -> tuple[str, str]:
        """Its domain controllers."""
        return f"dc1.{self.name}", f"dc2.{self.name}"


ROOT = Domain("corp.example")


@dataclass(frozen=True, slots=True)
class Forest:
    """The domains; the first is the root, in which the Exchange servers are."""

    domains: tuple[Domain, ...] = (ROOT,)

    def of_unit(self, unit: str) -> Domain:
        """The domain in which that part of the organization has its people."""
        place = UNITS.index(unit) if unit in UNITS else 0
        return self.domains[place % len(self.domains)]

    def of_controller(self, controller: str) -> Domain | None:
        """The domain of a domain controller; None when there is none of that name."""
        wanted = controller.lower()
        return next((domain for domain in self.domains if wanted in domain.controllers), None)

    @property
    def controllers(self) -> tuple[str, ...]:
        """All domain controllers."""
        return tuple(name for domain in self.domains for name in domain.controllers)


ONE_DOMAIN = Forest()
#: The root, a tree of its own, and a child of the root: in the order of the units.
THREE_DOMAINS = Forest((ROOT, Domain("works.example"), Domain("south.corp.example")))
