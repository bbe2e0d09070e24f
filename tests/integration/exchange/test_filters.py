"""Filters built by the client select what was meant at a simulated Exchange, by every documented property."""

from datetime import datetime, timedelta

import pytest

from exconn.exchange import AllOf, AnyOf, Command, Filter, Negation, Operator, RefusedByExchange, Session, where
from exconn.exchange.cmdlets.table import table
from tests.support.exchange.lists import records_of
from tests.support.exchange.simulator import RunningSimulator

LIST = "Get-MobileDevice"
PROPERTIES = table()[LIST].parameters["Filter"].properties


def found(session: Session, tree: Filter, cmdlet: str = LIST) -> list[dict[str, object]]:
    return records_of(session, Command(cmdlet, {"Filter": tree, "ResultSize": "Unlimited"}))


@pytest.fixture(scope="module")
def every(shared_simulator: RunningSimulator) -> list[dict[str, object]]:
    """Every device as the list shows it."""
    from tests.support.exchange.endpoints import endpoint_of

    with Session.open(endpoint_of(shared_simulator)) as session:
        return records_of(session, Command(LIST, {"ResultSize": "Unlimited"}))


def guids(records: list[dict[str, object]]) -> set[str]:
    return {str(record["Guid"]) for record in records}


@pytest.mark.parametrize("name", PROPERTIES)
def test_devices_are_selected_by_each_documented_property(
    session: Session, every: list[dict[str, object]], name: str
) -> None:
    # An empty text is refused before it is sent: who has no value is asked for with $null.
    values = [record[name] for record in every if record[name] != ""]
    for value in {repr(value): value for value in (values[0], values[-1])}.values():
        tree = selecting(name, value)
        expected = {str(record["Guid"]) for record in every if _same(record[name], value)}

        assert guids(found(session, tree)) == expected
        assert guids(found(session, Negation(tree))) == guids(every) - expected


def selecting(name: str, value: object) -> Filter:
    """The filter for one value; a masked number is known by its end."""
    if isinstance(value, datetime):
        return between(name, value)
    if isinstance(value, str) and "*" in value:
        return where(name, value[value.rindex("*") :], Operator.LIKE, wildcards=True)
    return where(name, value)  # type: ignore[arg-type]


def between(name: str, moment: datetime) -> Filter:
    """The same second: filters know no fractions."""
    start = moment.replace(microsecond=0)
    return AllOf(where(name, start, Operator.AT_LEAST), where(name, start + timedelta(seconds=1), Operator.LESS))


def _same(left: object, right: object) -> bool:
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left.replace(microsecond=0) == right.replace(microsecond=0)
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return left == right


def test_parts_are_joined_as_they_were_built(session: Session, every: list[dict[str, object]]) -> None:
    types = sorted({str(record["DeviceType"]) for record in every})
    first, second = types[0], types[-1]
    tree = AllOf(
        AnyOf(where("DeviceType", first), where("DeviceType", second)),
        Negation(where("DeviceAccessState", "Blocked")),
        where("DeviceId", "*A*", Operator.LIKE, wildcards=True),
    )

    selected = found(session, tree)

    expected = [
        record
        for record in every
        if record["DeviceType"] in (first, second)
        and record["DeviceAccessState"] != "Blocked"
        and "a" in str(record["DeviceId"]).lower()
    ]
    assert guids(selected) == guids(expected)
    assert selected


def test_mailboxes_with_a_partnership_are_selected(session: Session, every: list[dict[str, object]]) -> None:
    having = found(session, where("HasActiveSyncDevicePartnership", True), "Get-CASMailbox")
    lacking = found(session, where("HasActiveSyncDevicePartnership", False), "Get-CASMailbox")

    everybody = records_of(session, Command("Get-CASMailbox", {"ResultSize": "Unlimited"}))
    assert guids(having) | guids(lacking) == {str(record["Guid"]) for record in everybody}
    assert not guids(having) & guids(lacking)
    assert having


def test_a_property_that_the_server_does_not_filter_by_is_its_own_error(session: Session) -> None:
    command = Command(LIST, {"Filter": where("DeviceId", "x")})
    # As if the page had named one that the server does not know.
    object.__setattr__(command, "parameters", {"Filter": "WhenChanged -eq '1/1/2026'"})

    with pytest.raises(RefusedByExchange) as caught:
        session.run(command)

    assert "Filter" in caught.value.text
