"""Stock pypsrp and our client, asked the same of the same server: the pinned private parts still mean the same."""

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from pypsrp.complex_objects import GenericComplexObject
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from exconn.exchange import Command, Session
from tests.support.exchange.lists import records_of
from tests.support.exchange.simulator import RunningSimulator

#: Where pypsrp loses a value: a list of a type that it does not know arrives as raw XML or as nothing.
LOST = object()


def stock(simulator: RunningSimulator, cmdlet: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a cmdlet, by pypsrp alone."""
    address = urlsplit(simulator.url)
    wsman = WSMan(
        str(address.hostname),
        port=address.port,
        username=simulator.username("actions"),
        password=simulator.password("actions"),
        path=address.path.lstrip("/"),
        auth="basic",
        cert_validation=simulator.ca_file,  # type: ignore[arg-type]  # a file, too
        no_proxy=True,
    )
    with wsman, RunspacePool(wsman, configuration_name="Microsoft.Exchange") as pool:
        forest = PowerShell(pool)
        forest.add_cmdlet("Set-ADServerSettings").add_parameters({"ViewEntireForest": True})
        forest.invoke()
        forest.close()
        powershell = PowerShell(pool)
        powershell.add_cmdlet(cmdlet).add_parameters(parameters)
        output = powershell.invoke()
        powershell.close()
    return [{**each.adapted_properties, **each.extended_properties} for each in output]


def plain(value: Any) -> Any:
    """A value of pypsrp as our reader gives it, where pypsrp has it at all."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if not isinstance(value, GenericComplexObject):
        return value
    if any(isinstance(part, str) and part.startswith("<") for part in value.property_sets):
        return LOST
    return value.to_string if value.to_string is not None else LOST


@pytest.mark.check("agreement of decoders")
@pytest.mark.parametrize(
    ("cmdlet", "parameters"),
    [
        ("Get-MobileDevice", {"ResultSize": "Unlimited"}),
        ("Get-CASMailbox", {"ResultSize": "Unlimited"}),
        ("Get-MobileDeviceMailboxPolicy", {}),
        ("Get-ActiveSyncOrganizationSettings", {}),
    ],
)
def test_both_read_the_same_values(
    simulator: RunningSimulator, session: Session, cmdlet: str, parameters: dict[str, Any]
) -> None:
    theirs = stock(simulator, cmdlet, parameters)
    ours = records_of(session, Command(cmdlet, parameters))

    assert len(ours) == len(theirs) > 0
    compared = 0
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.keys() == other.keys()
        for name, raw in other.items():
            value = plain(raw)
            if value is LOST or isinstance(mine[name], (list, dict)):
                continue
            own = mine[name]
            if isinstance(own, datetime):
                value = datetime.fromisoformat(value).astimezone(own.tzinfo)
            assert str(own) == str(value), name
            compared += 1
    assert compared >= 3 * len(ours)
