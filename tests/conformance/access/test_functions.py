"""Functions on the ledger's server: who brings them, what becomes of them, and whose rights hold inside."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import redis

from exconn.coordinator.load_functions import libraries
from exconn.keyspace import Functions, FunctionsMissingError, Library, connect, keys, load
from exconn.ledger import Ledger, LedgerOutOfReachError
from tests.conformance.access.conftest import JOB, Guarded, guarded_servers
from tests.support.machine.valkey import RestartableValkey


@pytest.fixture
def bare(generator: ModuleType, tmp_path: Path) -> Iterator[Guarded]:
    """Servers with users, and without functions."""
    with guarded_servers(generator, tmp_path) as found:
        yield found


def load_functions(url: str) -> "subprocess.CompletedProcess[str]":
    """The command of the upgrade page."""
    return subprocess.run(
        [sys.executable, "-m", "exconn.coordinator", "load-functions"],
        env={"PATH": os.environ["PATH"], "EXCONN_LEDGER_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def functions_on(server: RestartableValkey) -> set[str]:
    """The names of the libraries that a server has."""
    with contextlib.closing(server.client()) as client:
        return {str(dict(zip(row[::2], row[1::2], strict=True))["library_name"]) for row in client.function_list()}


@pytest.mark.slow
def test_a_service_that_started_before_the_functions_were_loaded_goes_on_once_they_are(bare: Guarded) -> None:
    client = connect(bare.url("intake", "ledger"))
    ledger = Ledger(client)
    with pytest.raises(LedgerOutOfReachError, match="load-functions` and the URL of the user `deploy`") as refused:
        ledger.insert(JOB)
    assert isinstance(refused.value.__cause__, FunctionsMissingError)

    first, again = (load_functions(bare.url("deploy", "ledger")) for _ in range(2))

    assert (first.returncode, again.returncode) == (0, 0)
    assert first.stdout == again.stdout == f"{len(libraries())} libraries of functions are loaded\n"
    assert functions_on(bare.servers["ledger"]) == {library.name for library in libraries()}
    assert ledger.insert(JOB).created
    client.close()


@pytest.mark.slow
def test_functions_are_not_loaded_with_the_rights_of_a_service(bare: Guarded) -> None:
    ended = load_functions(bare.url("coordinator", "ledger"))

    assert ended.returncode == 6
    assert "permission" in ended.stderr


@pytest.mark.slow
def test_functions_outlive_a_killed_server(restartable_valkey: RestartableValkey) -> None:
    restartable_valkey.config_set("appendfsync", "always")
    with contextlib.closing(restartable_valkey.client()) as admin:
        for library in libraries():
            load(admin, library)
    before = functions_on(restartable_valkey)

    restartable_valkey.kill()
    restartable_valkey.start()

    assert functions_on(restartable_valkey) == before == {library.name for library in libraries()}


def test_inside_a_function_its_callers_rights_hold(guarded: Guarded) -> None:
    """A function is no way around the table: what its caller may not do, it may not do for its caller."""
    library = Library("tried", {"turn": "return redis.call('SET', ARGV[1], 'running')"})
    with contextlib.closing(guarded.servers["ledger"].client()) as admin:
        load(admin, library)
    for user, allowed in (("intake", True), ("discovery", False), ("policy", False), ("actions", False)):
        client = connect(guarded.url(user, "ledger"))
        turn = Functions(client, library).bound("turn")
        if allowed:
            turn(args=[keys.switch("demo")])
        else:
            with pytest.raises(redis.ResponseError, match="permission"):
                turn(args=[keys.switch("demo")])
        client.close()


def test_two_versions_stay_and_older_ones_go(redis_client: redis.Redis) -> None:
    versions = [Library("tried", {"say": f"return {number}"}) for number in range(4)]

    for library in versions:
        load(redis_client, library)

    third, fourth = (Functions(redis_client, library) for library in versions[2:])
    assert (third.call("say"), fourth.call("say")) == (2, 3)
    assert len(redis_client.function_list(library="exconn_tried_*")) == 2


def test_after_a_step_back_the_later_version_is_the_one_that_stays(redis_client: redis.Redis) -> None:
    first, second, third = (Library("tried", {"say": f"return '{name}'"}) for name in ("first", "second", "third"))
    for library in (first, second, first, third):
        load(redis_client, library, anew=True)

    assert Functions(redis_client, first).call("say") == "first"
    assert len(redis_client.function_list(library="exconn_tried_*")) == 2


def test_a_function_that_fails_on_purpose_is_not_taken_for_one_that_is_missing(redis_client: redis.Redis) -> None:
    library = Library("tried", {"fail": "return redis.error_reply('ERR no such luck')"})

    with pytest.raises(redis.ResponseError, match="no such luck"):
        Functions(redis_client, library).call("fail")
