"""Which properties the simulated version has: those of a parameter come and go with the parameter."""

from contextvars import ContextVar

from exconn.simulator.cmdlets.catalog import cmdlet

#: The version whose results are written.
VERSION: ContextVar[str] = ContextVar("version", default="2019")


def has_parameter(cmdlet_name: str, parameter: str) -> bool:
    """Whether the version's cmdlet has that parameter, and its objects what it sets."""
    return VERSION.get() in cmdlet(cmdlet_name).parameters[parameter].applies_to


def has_client_types() -> bool:
    """Whether partnerships tell clients apart: since 2013, when others than ActiveSync came (recalled)."""
    return VERSION.get() != "2010"


def has_account_only_wipes() -> bool:
    """Whether statistics tell of wipes of the account alone."""
    return has_parameter("Clear-MobileDevice", "AccountOnly")
