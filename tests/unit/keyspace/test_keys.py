"""Every key begins alike, and no two things share one."""

import inspect

import pytest

from exconn.contracts import REQUESTS_QUEUE, Service, queue_of
from exconn.keyspace import keys

FUNCTIONS = dict(inspect.getmembers(keys, inspect.isfunction))
CONSTANTS = {name: value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}
PARTS = ["first", "second", "third"]


def made(name: str, *values: str) -> str:
    function = FUNCTIONS[name]
    wanted = len(inspect.signature(function).parameters)
    key: str = function(*values[:wanted])
    return key


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_key_has_the_project_s_prefix_and_its_parts_in_order(name: str) -> None:
    key = made(name, *PARTS)

    assert key.startswith("exconn:")
    parts = key.split(":")
    assert parts[2:] == PARTS[: len(parts) - 2]
    assert "first" in parts


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_key_of_the_whole_deployment_has_the_prefix_too(name: str) -> None:
    assert CONSTANTS[name].startswith("exconn:")


def test_no_two_things_share_a_key() -> None:
    all_keys = [made(name, *PARTS) for name in FUNCTIONS] + list(CONSTANTS.values())

    assert len(set(all_keys)) == len(all_keys)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_two_connectors_never_share_a_key(name: str) -> None:
    assert made(name, "hq", "x", "y") != made(name, "branch", "x", "y")


def test_keys_and_queues_never_meet() -> None:
    queues = {queue_of(service, "hq") for service in Service} | {REQUESTS_QUEUE}

    assert all(queue.startswith("exconn.") for queue in queues)
