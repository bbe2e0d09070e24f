"""Which differences of a definition need a second requester, and which go beyond the deployment's bounds."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest
from pydantic import BaseModel

from exconn.connector import (
    ConnectorDefinition,
    DifferenceCode,
    LimitSettings,
    Policy,
    parse_definition,
    sample_definition,
)
from exconn.connector.definition import SiteServer
from exconn.connector.widening import RULES, beyond, differences, judge

SAMPLE = sample_definition("north")


def edited(old: str, new: str, text: str = SAMPLE) -> ConnectorDefinition:
    assert old in text
    return parse_definition(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "field", "why"),
    [
        ("{ count = 10,", "{ count = 11,", "limits.erase.short.count", DifferenceCode.WIDENS_LIMIT),
        ('"20m"', '"19m"', "limits.erase.short.within", DifferenceCode.WIDENS_LIMIT),
        ("fleet_percent = 1.0", "fleet_percent = 1.5", "limits.erase.fleet_percent", DifferenceCode.WIDENS_LIMIT),
        ("fleet_floor = 3", "fleet_floor = 4", "limits.erase.fleet_floor", DifferenceCode.WIDENS_LIMIT),
        ("per_hour = 5", "per_hour = 6", "limits.quota.per_hour", DifferenceCode.WIDENS_LIMIT),
        ("per_day = 20", "per_day = 21", "limits.quota.per_day", DifferenceCode.WIDENS_LIMIT),
        ('deadline = "72h"', 'deadline = "73h"', "lookups.deadline", DifferenceCode.LATER_DEADLINE),
        ("https://mail.", "https://rogue.", "exchange.url", DifferenceCode.MOVES_ADDRESS),
        ('# domains = ["corp', 'domains = ["corp', "exchange.domains", DifferenceCode.MOVES_ADDRESS),
        ('# proxy = "', 'proxy = "', "exchange.proxy", DifferenceCode.MOVES_ADDRESS),
        ('# kerberos_host = "ex1', 'kerberos_host = "ex1', "exchange.kerberos_host", DifferenceCode.MOVES_ADDRESS),
        ("# ca_file", "ca_file", "exchange.ca_file", DifferenceCode.OTHER_SIGN_IN),
        ('auth = "kerberos"', 'auth = "basic"', "exchange.auth", DifferenceCode.WEAKER_SIGN_IN),
        ("hosted = false", "hosted = true", "exchange.hosted", DifferenceCode.OTHER_SETTING),
        ('"exconn-actions@', '"other@', "accounts.actions.username", DifferenceCode.OTHER_ACCOUNT),
        ("secrets/actions", "secrets/policy", "accounts.actions.password_file", DifferenceCode.OTHER_SECRET),
    ],
)
def test_what_widens_or_moves_is_a_difference(old: str, new: str, field: str, why: DifferenceCode) -> None:
    found = differences(parse_definition(SAMPLE), edited(old, new))

    assert [(one.field, one.why) for one in found] == [(field, why)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{ count = 10,", "{ count = 9,"),
        ('"20m"', '"21m"'),
        ("fleet_percent = 1.0", "fleet_percent = 0.5"),
        ("per_hour = 5", "per_hour = 4"),
        ('deadline = "72h"', 'deadline = "71h"'),
        ("for_actions = 1", "for_actions = 2"),
        ("find_all = true", 'find_all = false\ncontainers = ["OU=Staff"]'),
        ("minimum_password_length = 6", "minimum_password_length = 8"),
    ],
)
def test_what_tightens_or_only_reads_is_none(old: str, new: str) -> None:
    assert differences(parse_definition(SAMPLE), edited(old, new)) == ()


def test_leaving_a_strict_limit_out_widens_it() -> None:
    strict = edited("short = { count = 10,", "short = { count = 2,")
    without = edited('short = { count = 10, within = "20m" }\n', "")

    assert [(one.old, one.new) for one in differences(strict, without)] == [("2", "10")]


def test_account_that_comes_or_goes_is_a_difference() -> None:
    block = SAMPLE[SAMPLE.index("[accounts.actions]") : SAMPLE.index("[seats]")]
    without = edited(block, "")

    assert {one.field for one in differences(without, parse_definition(SAMPLE))} == {
        "accounts.actions.username",
        "accounts.actions.password_file",
    }
    assert differences(parse_definition(SAMPLE), without)


def test_servers_are_compared_by_their_site() -> None:
    url = 'url = "https://mail.example.org/PowerShell/"'
    block = '[[exchange.servers]]\nsite = "{}"\nurl = "https://{}.example.org/PowerShell/"\n'
    here, there = block.format("Here", "a"), block.format("There", "b")

    def served(*servers: str) -> ConnectorDefinition:
        text = SAMPLE.replace(url + "\n", "")
        return parse_definition(text + "\n" + "".join(servers))

    assert differences(served(here, there), served(there, here)) == ()
    [moved] = differences(served(here, there), served(here, block.format("There", "rogue")))
    assert (moved.field, moved.why) == ("exchange.servers.there.url", DifferenceCode.MOVES_ADDRESS)


def test_new_connector_shows_its_addresses_accounts_and_wider_limits() -> None:
    found = differences(None, edited("per_hour = 5", "per_hour = 6"))

    assert found[0].why is DifferenceCode.NEW_CONNECTOR
    fields = {one.field for one in found}
    assert {"exchange.url", "accounts.actions.password_file", "limits.quota.per_hour"} <= fields
    assert "limits.erase.short.count" not in fields


def test_field_that_nobody_has_judged_needs_a_second_requester() -> None:
    assert judge("exchange.something_new")("a", "b") is DifferenceCode.OTHER_SETTING


#: Fields that no rule names: each difference in one needs a second requester.
UNNAMED = {"name", "exchange.hosted"}


def test_every_field_of_a_definition_was_judged() -> None:
    fields = {field for field in _fields(ConnectorDefinition) if not _is_named(field)}

    assert fields == UNNAMED


def test_limit_beyond_its_bound_is_named_with_value_and_bound() -> None:
    found = beyond(edited("{ count = 10,", "{ count = 100000,"), LimitSettings())

    assert [(one.field, one.value, one.bound) for one in found] == [("limits.erase.short.count", "100000", "10")]


def test_limit_that_is_not_written_follows_a_stricter_bound() -> None:
    bounds = LimitSettings.model_validate({"disconnect": {"fleet_floor": 1}})

    assert beyond(parse_definition(SAMPLE), bounds) == ()


def _is_named(field: str) -> bool:
    return any(fnmatchcase(field, pattern) for pattern, _ in RULES)


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        parts = [part for part in _models(field.annotation) if part is not Policy]
        if SiteServer in parts:
            yield from _fields(SiteServer, f"{prefix}{name}.site.")
        elif parts:
            yield from _fields(parts[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}" + (".of a group" if field.annotation is Policy else "")


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
