"""What connector.toml may say, and what is answered when it says something else."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from exconn.connector import DefinitionError, definition_of, group_parameters, parse_definition, sample_definition
from exconn.connector.definition import LONGEST_PAUSE
from exconn.connector.values import format_duration, parse_duration

MINIMAL = """\
name = "north"
[exchange]
url = "https://mail.example.org/PowerShell/"
[accounts.discovery]
username = "reader"
password_file = "/run/secrets/reader"
"""


def problems(text: str) -> dict[str, tuple[str, str, int]]:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(text)
    return {found.field: (found.problem, found.remedy, found.line) for found in caught.value.problems}


def test_minimal_definition_observes_only_and_has_documented_brakes() -> None:
    definition = parse_definition(MINIMAL)

    assert definition.accounts.of("actions") is None
    assert definition.policy.groups() == {}
    assert definition.discovery.full_every == timedelta(hours=24)
    assert (definition.limits.erase.short.count, definition.limits.erase.short.within) == (10, timedelta(minutes=20))
    assert [server.site for server in definition.exchange.sites()] == ["Default"]


def test_sample_definition_is_accepted_as_it_stands() -> None:
    definition = parse_definition(sample_definition("contoso"))

    assert definition.name == "contoso"
    assert "password" in definition.policy.groups()


def test_sample_definition_quotes_what_it_is_given() -> None:
    accounts = {"discovery": ('LAB\\re"ader', "/run/a b")}

    definition = parse_definition(sample_definition("lab", accounts=accounts, ca_file="/tmp/c\\a.pem", auth="basic"))

    assert definition.accounts.discovery.username == 'LAB\\re"ader'
    assert definition.exchange.ca_file == Path("/tmp/c\\a.pem")


def test_definition_survives_the_store_unchanged() -> None:
    definition = parse_definition(sample_definition() + "\n[limits.disconnect]\nfleet_percent = 2.5\n")

    assert definition_of(definition.model_dump_json()) == definition


def test_every_problem_is_listed_with_its_line() -> None:
    found = problems(MINIMAL.replace("username", "usrname") + "[discovery]\nfull_at = '25:00'\n[lookup]\n")

    assert set(found) == {"accounts.discovery.username", "accounts.discovery.usrname", "discovery.full_at", "lookup"}
    assert found["accounts.discovery.usrname"] == ("unknown key", "did you mean username?", 5)
    assert found["discovery.full_at"][2] == 8
    assert found["lookup"][1] == "did you mean lookups?"


def test_broken_toml_is_answered_with_its_line() -> None:
    found = problems("name = 'a'\nexchange = {\n")

    assert found["connector.toml"][2] >= 2


def test_secret_in_the_definition_is_refused_with_the_way_to_refer_to_it() -> None:
    found = problems(MINIMAL + 'password = "hunter2"\n')

    assert "password_file" in found["accounts.discovery.password"][1]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("setting", "value", "ok"),
    [
        ("minimum_password_length", "1", True),
        ("minimum_password_length", "0", False),
        ("minimum_password_length", "17", False),
        ("minimum_password_length", '"default"', False),  # the two families document different defaults
        ("password_expiration", "730", True),
        ("password_expiration", "731", False),
        ("password_expiration", '"unlimited"', True),
        ("password_expiration", '"never"', False),
        ("password_history", "50", True),
        ("password_history", "51", False),
        ("wipe_after_failed_attempt", "4", True),
        ("wipe_after_failed_attempt", "3", False),
        ("wipe_after_failed_attempt", '"default"', False),  # 8 in one family: phones would erase themselves
        ("maximum_idle_time_mins", "60", True),
        ("maximum_idle_time_mins", "61", False),
        ("password_complexity", '"strong"', True),
        ("password_complexity", '"Strongest"', False),
        ("minimum_complex_char", "4", True),
        ("minimum_complex_char", "5", False),
        ("allow_simple_password", "false", True),
        ("allow_simple_password", "0", False),
        ("password_recovery", '"default"', True),
    ],
)
def test_password_settings_take_their_documented_range(setting: str, value: str, ok: bool) -> None:
    text = f"{MINIMAL}[policy.password]\npassword_enabled = true\n{setting} = {value}\n"

    if ok:
        parse_definition(text)
    else:
        assert set(problems(text)) == {f"policy.password.{setting}"}


def test_password_group_needs_the_one_mandatory_setting() -> None:
    found = problems(MINIMAL + "[policy.password]\npassword_history = 3\n")

    assert found["policy.password.password_enabled"][0] == "missing"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("refresh_hours = 0", "policy.general.refresh_hours"),
        ("refresh_hours = 596524", "policy.general.refresh_hours"),
        ("refresh_hours = true", "policy.general.refresh_hours"),
        ('allow_non_provision = "default"', "policy.general.allow_non_provision"),
        ("", "policy.general"),
    ],
)
def test_a_wrong_general_setting_is_named(line: str, field: str) -> None:
    assert field in problems(f"{MINIMAL}[policy.general]\n{line}\n")


def test_the_general_group_is_guarded_without_the_password_group() -> None:
    definition = parse_definition(f'{MINIMAL}[policy.general]\nrefresh_hours = "unlimited"\n')

    assert definition.policy.guarded() == group_parameters("general")


@pytest.mark.parametrize(
    ("old", "new", "field", "word"),
    [
        ('url = "https://mail.example.org/PowerShell/"', "", "exchange", "url or servers"),
        ("https://mail", "https://u:p@mail", "exchange.url", "password"),
        ("https://mail", "ftp://mail", "exchange.url", "usable"),
        ("[accounts", 'auth = "basic"\n[accounts', "", ""),
        ('"https://mail.example.org/PowerShell/"', '"http://mail/x"\nauth = "basic"', "exchange", "https"),
        ('"https://mail.example.org/PowerShell/"', '"http://mail/x"\nauth = "ntlm"', "exchange", "proof"),
        ('"https://mail.example.org/PowerShell/"', '"http://mail/x"\nauth = "negotiate"', "exchange", "proof"),
        ("/PowerShell/", "/PowerShell/?ExchClientVer=15.2.986.5;serializationLevel=Full", "", ""),
        ("/PowerShell/", "/PowerShell/?x=a%20b", "exchange.url", "usable"),
        ("/PowerShell/", "/PowerShell/#x", "exchange.url", "usable"),
        ('"/run/secrets/reader"', '"secrets/reader"', "accounts.discovery.password_file", "absolute"),
        ('"north"', '"North Office"', "name", "pattern"),
    ],
)
def test_addresses_and_files_are_checked(old: str, new: str, field: str, word: str) -> None:
    text = MINIMAL.replace(old, new, 1)

    if not field:
        parse_definition(text)
    else:
        assert word in " ".join(map(str, problems(text)[field]))


def test_hosted_exchange_has_one_address() -> None:
    servers = 'hosted = true\n[[exchange.servers]]\nsite = "A"\nurl = "https://a/PowerShell/"\n'

    found = problems(MINIMAL.replace('url = "https://mail.example.org/PowerShell/"\n', servers, 1))

    assert "hosted" in found["exchange"][0]


def test_one_server_per_site() -> None:
    servers = '[[exchange.servers]]\nsite = "A"\nurl = "https://a/P/"\n[[exchange.servers]]\nsite = "a"\nurl = "b"\n'

    found = problems(MINIMAL.replace('url = "https://mail.example.org/PowerShell/"\n', servers, 1))
    assert found["exchange.servers[1].url"][2] == 8

    fixed = servers.replace('url = "b"', 'url = "https://b/P/"')
    found = problems(MINIMAL.replace('url = "https://mail.example.org/PowerShell/"\n', fixed, 1))
    assert "twice" in found["exchange"][0]


@pytest.mark.parametrize(
    "text",
    [
        "full_at = '02:00'\nfull_every_hours = 4",
        "find_all = false",
        "find_all = true\ncontainers = ['OU=x']",
    ],
)
def test_contradictions_in_discovery_are_refused(text: str) -> None:
    assert "discovery" in problems(f"{MINIMAL}[discovery]\n{text}\n")


def test_daily_time_replaces_the_interval() -> None:
    definition = parse_definition(f"{MINIMAL}[discovery]\nfull_at = '02:30'\n")

    assert definition.discovery.full_at == time(2, 30)
    assert definition.discovery.full_every is None


@pytest.mark.parametrize("text", ["30s", "20m", "72h", "3d", "90s"])
def test_duration_is_written_back_with_the_same_meaning(text: str) -> None:
    assert parse_duration(format_duration(parse_duration(text))) == parse_duration(text)


@pytest.mark.parametrize("text", ["", "20", "20 m", "0m", "-1h", "1.5h", 20])
def test_other_durations_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="such as 30s"):
        parse_duration(text)


KERBEROS = """\
name = "north"
[exchange]
url = "http://mail.example.org/PowerShell/"
kerberos_host = "ex1.example.org"
proxy = "http://proxy.example.org:3128"
[accounts.discovery]
username = "reader@EXAMPLE.ORG"
keytab_file = "/run/secrets/reader.keytab"
"""


def test_kerberos_takes_a_keytab_a_host_for_an_array_and_a_proxy() -> None:
    definition = parse_definition(KERBEROS)

    assert definition.exchange.sites()[0].kerberos_host == "ex1.example.org"
    assert definition.accounts.discovery.keytab_file == Path("/run/secrets/reader.keytab")


def test_a_certificate_needs_no_password() -> None:
    text = MINIMAL.replace("password_file", "certificate_file").replace("[accounts", 'auth = "certificate"\n[accounts')

    assert parse_definition(text).accounts.discovery.password_file is None


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("keytab_file", "certificate_file", "accounts.discovery", ("auth kerberos", "keytab_file or ticket_cache")),
        ("keytab_file", "password_file = '/p'\nkeytab_file", "accounts.discovery", ("takes one", "keytab_file")),
        ("keytab_file = ", "#", "accounts.discovery", ("no secret", "keytab_file")),
        ("keytab_file", "certificate_key_file = '/k'\nkeytab_file", "accounts.discovery", ("auth kerberos",)),
        ("reader@EXAMPLE.ORG", "EXAMPLE\\\\reader", "accounts.discovery", ("name@REALM",)),
        ('url = "http:', "auth = 'ntlm'\nurl = \"https:", "exchange", ("kerberos_host", "leave it out")),
        ("http://proxy", "socks5://proxy", "exchange.proxy", ("http://proxy.example.org:3128",)),
        ("http://proxy", "http://me:pw@proxy", "exchange.proxy", ("credentials", "pass")),
        ("proxy =", "proxy_username = 'out'\nproxy =", "exchange", ("belong together",)),
        (
            "proxy =",
            "proxy_username = 'o:x'\nproxy_password_file = '/p'\nproxy =",
            "exchange.proxy_username",
            ("pattern",),
        ),
        ("proxy =", "proxy_username = 'out'\nproxy_password_file = '/p'\n#", "exchange", ("without a proxy",)),
        ("ex1.example.org", "http://ex1", "exchange.kerberos_host", ("without scheme",)),
        ("kerberos_host", "auth = 'certificate'\n#", "exchange", ("https only",)),
        ("kerberos_host", "auth = 'magic'\n#", "exchange.auth", ("write: how the accounts",)),
    ],
)
def test_what_does_not_fit_the_way_to_sign_in_is_named_with_a_remedy(
    old: str, new: str, field: str, words: tuple[str, ...]
) -> None:
    found = problems(KERBEROS.replace(old, new, 1))

    assert set(found) == {field}
    said = " ".join(map(str, found[field])).lower()
    assert [word for word in words if word.lower() not in said] == []
    assert found[field][2] > 0


def test_seats_have_a_default_and_a_smaller_one_for_hosted_exchange() -> None:
    definition = parse_definition(MINIMAL)

    assert definition.seats.of(hosted=False) == (4, 1)
    assert definition.seats.of(hosted=True) == (3, 1)


@pytest.mark.parametrize(
    ("seats", "expected"),
    [
        ("total = 18", (18, 1)),
        ("total = 1", (1, 0)),
        ("total = 6\nfor_actions = 2", (6, 2)),
        ("for_actions = 0", (4, 0)),
    ],
)
def test_seats_are_a_setting(seats: str, expected: tuple[int, int]) -> None:
    assert parse_definition(MINIMAL + f"[seats]\n{seats}\n").seats.of(hosted=False) == expected


@pytest.mark.parametrize(
    ("seats", "field", "remedy"),
    [
        ("total = 19", "seats.total", "1 to 18"),
        ("total = 4\nfor_actions = 4", "seats", "less than total"),
        ("for_actions = -1", "seats.for_actions", "less than the total"),
    ],
)
def test_impossible_seats_are_refused_with_what_to_write(seats: str, field: str, remedy: str) -> None:
    assert remedy in problems(MINIMAL + f"[seats]\n{seats}\n")[field][1]


def hosted(text: str = MINIMAL) -> str:
    return text.replace("[exchange]\n", '[exchange]\nhosted = true\nauth = "basic"\n')


def test_hosted_exchange_is_one_https_address_with_three_seats_at_most() -> None:
    assert parse_definition(hosted()).exchange.hosted

    assert "https" in problems(hosted(MINIMAL.replace("https:", "http:")))["exchange"][1]
    too_many = problems(hosted() + "[seats]\ntotal = 4\n")
    assert any("3 or less" in remedy for _, remedy, _ in too_many.values())
    servers = MINIMAL.replace(
        'url = "https://mail.example.org/PowerShell/"\n',
        '[[exchange.servers]]\nsite = "A"\nurl = "https://a.example.org/"\n',
    )
    assert "url" in problems(hosted(servers))["exchange"][1]


@pytest.mark.parametrize(
    "host",
    [
        "outlook.office365.com",
        "Outlook.Office365.COM",
        "outlook.office.com",
        "outlook.office365.us",
        "outlook-dod.office365.us",
        "partner.outlook.cn",
        "ps.outlook.com",
        "podabc.outlook.com",
    ],
)
def test_exchange_online_is_refused_with_the_line_and_what_to_do(host: str) -> None:
    text = MINIMAL.replace("mail.example.org", host)

    for written in (text, hosted(text)):
        problem, remedy, line = problems(written)["exchange.url"]
        assert problem == "this is Exchange Online, where remote PowerShell has ended"
        assert "Intune" in remedy
        assert line > 0


@pytest.mark.parametrize("host", ["mail.example.org", "outlook.com.example.org", "notoutlook.com"])
def test_other_addresses_are_not_taken_for_exchange_online(host: str) -> None:
    assert parse_definition(MINIMAL.replace("mail.example.org", host)).exchange.url


def test_a_stored_definition_of_exchange_online_stays_readable() -> None:
    """It was applied by an earlier version: whoever reads it must be able to say so."""
    stored = parse_definition(MINIMAL).model_dump_json().replace("mail.example.org", "outlook.office365.com")

    assert definition_of(stored).exchange.url == "https://outlook.office365.com/PowerShell/"


def test_domains_are_names_without_wildcards() -> None:
    text = MINIMAL.replace("[accounts.discovery]", 'domains = ["Corp.Example.org.", "127.0.0.2"]\n[accounts.discovery]')

    assert parse_definition(text).exchange.domains == ("corp.example.org", "127.0.0.2")
    for wrong in ("*.example.org", "org", "https://a.example.org"):
        assert problems(text.replace("Corp.Example.org.", wrong))


def test_a_definition_that_was_stored_before_a_setting_got_its_name_is_read_as_it_was_meant() -> None:
    definition = parse_definition(MINIMAL + '[lookups]\nlongest_pause = "7m"\n')
    stored = definition.model_dump_json().replace("longest_pause", "pace")

    assert "pace" in stored
    assert definition_of(stored) == definition


@pytest.mark.parametrize("setting", ["first", "longest_pause"])
def test_a_wipe_is_looked_at_each_day_at_least(setting: str) -> None:
    text = MINIMAL + '[lookups]\nfirst = "{}"\nlongest_pause = "{}"\n'
    lengths = {"first": ("25h", "26h"), "longest_pause": ("1h", "25h")}[setting]

    assert parse_definition(text.format("1h", "1d")).lookups.longest_pause == LONGEST_PAUSE
    assert f"lookups.{setting}" in problems(text.format(*lengths))


def test_a_stored_definition_with_rarer_looks_stays_readable_and_looks_each_day() -> None:
    definition = parse_definition(MINIMAL + '[lookups]\nfirst = "24h"\nlongest_pause = "24h"\n')
    as_now, before = (f'"first":"{each}","longest_pause":"{each}"' for each in ("1d", "71h"))
    assert as_now in definition.model_dump_json()
    stored = definition.model_dump_json().replace(as_now, before)

    assert definition_of(stored) == definition
    assert definition_of(stored.replace("longest_pause", "pace")) == definition
