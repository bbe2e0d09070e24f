"""Every parameter of the cmdlet table: what its page allows is sent as the right type, what it forbids is refused.

A test for each cmdlet goes through all of its parameters; a failure begins with the parameter that it is about.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pypsrp.serializer import Serializer

from exconn.exchange import Command, Credential, ExchangeTarget, InvalidCommand
from exconn.exchange.cmdlets.table import table
from tests.support.exchange.parameter_samples import (
    NEVER_SENT,
    ON_PREMISES,
    REFUSED_SWITCHES,
    Case,
    cases,
    content,
    invalid,
    valid,
)

CASES = cases()
SENT = [case for case in CASES if (case.cmdlet, case.name) not in NEVER_SENT and case.name not in REFUSED_SWITCHES]
CMDLETS = sorted({case.cmdlet for case in SENT})

#: The element in which a value of that Python type travels.
ELEMENTS = {bool: "B", int: "I32", str: "S", type(None): "Nil"}


def sent_with(cmdlet: str) -> list[Case]:
    return [case for case in SENT if case.cmdlet == cmdlet]


@contextmanager
def named(case: Case) -> Iterator[None]:
    """Begin whatever goes wrong within with the name of the parameter."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as wrong:
        raise AssertionError(f"{case.id}: {wrong}") from wrong


def test_the_table_is_read_whole() -> None:
    assert len(CASES) == 600
    assert {case.cmdlet for case in CASES} | {"Get-Command"} == set(table())
    for case in CASES:
        assert case.name in table()[case.cmdlet].parameters


def test_every_cmdlet_of_the_table_can_be_sent_with_what_it_requires() -> None:
    for name, body in content()["cmdlets"].items():
        for each in body["parameter_sets"]:
            for required in each["required"]:
                case = Case(name, required, body["parameters"][required])
                if (name, required) in NEVER_SENT:
                    continue
                value, _ = next(valid(case))
                assert Command(name, case.call(value)).cmdlet == name


@pytest.mark.parametrize("cmdlet", CMDLETS)
def test_values_that_the_page_allows_travel_as_the_right_type(cmdlet: str) -> None:
    for case in sent_with(cmdlet):
        with named(case):
            check_allowed(case)


def check_allowed(case: Case) -> None:
    samples = list(valid(case))
    for value, travels in samples:
        parameters = Command(case.cmdlet, case.call(value)).parameters
        assert parameters[case.name] == travels
        assert type(parameters[case.name]) is type(travels)
        if not isinstance(travels, Credential):
            assert element_of(parameters[case.name]) == expected_element(travels)
    assert samples or case.name in ("Filter", "RecipientPreviewFilter")


def element_of(value: object) -> str:
    """The CLIXML of a parameter's value: its element, and what it holds."""
    element = Serializer().serialize(value)
    assert element is not None
    children = [child.tag for child in element if child.tag in ("LST", "DCT")]
    return children[0] if children else element.tag


def expected_element(value: object) -> str:
    if isinstance(value, list):
        return "LST"
    return "DCT" if isinstance(value, dict) else ELEMENTS[type(value)]


@pytest.mark.parametrize("cmdlet", CMDLETS)
def test_values_that_the_page_forbids_are_refused_with_the_rule(cmdlet: str) -> None:
    for case in sent_with(cmdlet):
        with named(case):
            check_forbidden(case)


def check_forbidden(case: Case) -> None:
    samples = list(invalid(case))
    assert samples
    for value, rule in samples:
        with pytest.raises(InvalidCommand) as caught:
            Command(case.cmdlet, case.call(value))
        assert (caught.value.cmdlet, caught.value.parameter) == (case.cmdlet, case.name)
        assert rule in caught.value.rule
        assert caught.value.remedy
        assert case.cmdlet in str(caught.value)


@pytest.mark.parametrize("cmdlet", CMDLETS)
def test_parameters_go_only_where_their_pages_say_that_they_are(cmdlet: str) -> None:
    for case in sent_with(cmdlet):
        with named(case):
            check_scope(case)


def check_scope(case: Case) -> None:
    allowed = next(valid(case), None)
    if allowed is None:
        return
    command = Command(case.cmdlet, case.call(allowed[0]))

    accepted = tuple(version for version in ON_PREMISES if goes(command, ExchangeTarget(version=version)))  # type: ignore[arg-type]

    assert accepted == case.versions
    assert goes(command, ExchangeTarget()) is bool(case.versions)
    assert goes(command, ExchangeTarget(hosted=True)) is (
        "online" in case.entry["applies_to"]
        and case.entry.get("functional_only") != "onprem"
        and "online" in content()["cmdlets"][case.cmdlet]["applies_to"]
    )


def goes(command: Command, target: ExchangeTarget) -> bool:
    try:
        command.check_scope(target)
    except InvalidCommand as refused:
        return "does not have it" not in refused.rule
    return True


@pytest.mark.parametrize("case", [c for c in CASES if c.name in REFUSED_SWITCHES], ids=lambda case: case.id)
def test_nothing_asks_and_nothing_is_tried_out(case: Case) -> None:
    with pytest.raises(InvalidCommand) as caught:
        Command(case.cmdlet, case.call(True))
    assert caught.value.parameter == case.name


@pytest.mark.parametrize(("cmdlet", "name"), sorted(NEVER_SENT))
def test_an_object_of_the_shell_is_never_sent(cmdlet: str, name: str) -> None:
    with pytest.raises(InvalidCommand) as caught:
        Command(cmdlet, {name: "anything"})
    assert "exists only inside the shell" in caught.value.rule


def never_together() -> list[tuple[str, str, str]]:
    """For each cmdlet with several sets, two parameters that no set has both."""
    found = []
    for cmdlet, body in content()["cmdlets"].items():
        sets = [set(each["parameters"]) for each in body["parameter_sets"]]
        names = sorted(
            name for name in set().union(*sets) if next(valid(Case(cmdlet, name, body["parameters"][name])), None)
        )
        apart = [(a, b) for a in names for b in names if a < b and not any({a, b} <= each for each in sets)]
        found += [(cmdlet, *pair) for pair in apart[:1] if (cmdlet, pair[0]) not in NEVER_SENT]
    return found


@pytest.mark.parametrize(("cmdlet", "first", "second"), never_together())
def test_parameters_of_different_sets_are_not_sent_together(cmdlet: str, first: str, second: str) -> None:
    entries = content()["cmdlets"][cmdlet]["parameters"]
    values = {name: next(valid(Case(cmdlet, name, entries[name])))[0] for name in (first, second)}

    with pytest.raises(InvalidCommand) as caught:
        Command(cmdlet, values)

    assert "may not be given together" in caught.value.rule
    assert first in caught.value.rule
    assert second in caught.value.rule


def test_cmdlets_with_several_sets_are_tried() -> None:
    assert {"Get-MobileDevice", "Get-Mailbox", "Set-ADServerSettings"} <= {cmdlet for cmdlet, *_ in never_together()}


@pytest.mark.parametrize(
    ("cmdlet", "parameter", "value", "shown"),
    [
        ("Set-MobileDeviceMailboxPolicy", "MinPasswordLength", 17, "17"),
        ("Set-MobileDeviceMailboxPolicy", "PasswordEnabled", 1, "1"),
        ("Set-MobileDeviceMailboxPolicy", "AllowBluetooth", "Maybe", "Maybe"),
        ("Set-MobileDeviceMailboxPolicy", "AllowBluetooth", "jane@example.test", "str of length 17"),
        ("Set-MobileDeviceMailboxPolicy", "Name", 5, "int"),
        ("Clear-MobileDevice", "Identity", "Jane*", "str of length 5"),
        ("Set-CASMailbox", "ActiveSyncBlockedDeviceIDs", ["A", " "], "list of length 2"),
        ("Get-MobileDevice", "Filter", "UserDisplayName -eq 'Jane'", "str of length 26"),
    ],
)
def test_a_refusal_shows_the_value_unless_it_may_be_personal(
    cmdlet: str, parameter: str, value: object, shown: str
) -> None:
    with pytest.raises(InvalidCommand) as caught:
        Command(cmdlet, {"Identity": "x", parameter: value})

    assert caught.value.value_hint == shown
    assert f"(given: {shown})" in str(caught.value)
