"""The registry by commands: each shows what it writes, raises the revision, and touches nothing else."""

import pytest

from tests.integration.cli.running import CommandLine


@pytest.fixture
def begun(exconn: CommandLine) -> CommandLine:
    """A folder with the files of `exconn init`."""
    assert exconn("init", "--requester", "anna", "--deployment", "contoso").code == 0
    return exconn


def new_key(exconn: CommandLine, name: str) -> str:
    return str(exconn("requesters", "keys", "--new", name, "--json").json["public"])


def test_a_second_approver_comes_in_gets_another_key_and_goes(begun: CommandLine) -> None:
    first, second = new_key(begun, "one.pem"), new_key(begun, "two.pem")

    added = begun("requesters", "add", "bert", "--role", "approver", "--key", first, "--yes")
    rotated = begun("requesters", "rotate", "bert", "--key", second, "--keep-until", "2099-01-31", "--yes")
    known = begun("requesters", "list", "--json").json
    revoked = begun("requesters", "revoke", "bert", "--yes")

    assert (added.code, rotated.code, revoked.code) == (0, 0, 0)
    assert "+[requesters.bert]" in added.out
    assert "+revision = 2" in added.out
    bert = known["requesters"][1]
    assert (bert["requester"], bert["may"], len(bert["keys"])) == ("bert", ["approver"], 2)
    shown = begun("requesters", "show", "--json").json
    assert (shown["revision"], shown["deployment"], shown["requesters"]) == (4, "contoso", ["anna"])


def test_one_key_is_taken_out_and_the_others_stay(begun: CommandLine) -> None:
    begun("requesters", "rotate", "anna", "--key", new_key(begun, "two.pem"), "--keep-until", "2099-01-31", "--yes")
    first, second = begun("requesters", "list", "--json").json["requesters"][0]["keys"]

    assert begun("requesters", "revoke", "anna", "--key", first, "--yes").code == 0

    assert begun("requesters", "list", "--json").json["requesters"][0]["keys"] == [second]


def test_nothing_is_written_that_nobody_agreed_to_or_that_cannot_be_used(begun: CommandLine) -> None:
    registry = begun.folder / ".exconn" / "requesters.toml"
    before = registry.read_bytes()
    key = new_key(begun, "one.pem")

    unasked = begun("requesters", "add", "bert", "--role", "approver", "--key", key)
    no_role = begun("requesters", "add", "bert", "--key", key, "--yes")
    bad_role = begun("requesters", "add", "bert", "--role", "root", "--key", key, "--yes")
    bad_key = begun("requesters", "add", "bert", "--role", "view", "--key", "AAAA", "--yes")
    twice = begun("requesters", "add", "anna", "--role", "view", "--key", key, "--yes")
    unknown = begun("requesters", "revoke", "carl", "--yes")

    codes = [ran.code for ran in (unasked, no_role, bad_role, bad_key, twice, unknown)]
    assert codes == [2, 2, 2, 2, 4, 3]
    assert "help-desk" in bad_role.err
    assert registry.read_bytes() == before
